// Loaded before a process: once it reports faults, one happens that nothing handles.
const waiting = setInterval(() => {
  if (process.listenerCount('uncaughtException') === 0) return
  clearInterval(waiting)
  const fault = new Error('a fault of the test', { cause: new Error('its cause') })
  if (process.env['FAULT'] === 'THROWN') throw fault
  void Promise.reject(fault)
}, 2)

export {}
