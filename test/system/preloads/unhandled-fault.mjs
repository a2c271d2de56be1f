// Preloaded into a process: raises an unhandled error once the process has its error handlers.
const waiting = setInterval(() => {
  if (process.listenerCount('uncaughtException') === 0) return
  clearInterval(waiting)
  const fault = new Error('a fault of the test', { cause: new Error('its cause') })
  if (process.env['FAULT'] === 'THROWN') throw fault
  void Promise.reject(fault)
}, 2)
