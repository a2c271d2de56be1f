// Preloaded into a process: sets its clock CLOCK_OFF_BY_MS ahead.
const offBy = Number(process.env['CLOCK_OFF_BY_MS'])
const now = Date.now.bind(Date)
Date.now = () => now() + offBy

export {}
