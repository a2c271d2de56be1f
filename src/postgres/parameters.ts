/** The parameters after the `?` of a connection URL. Each is taken once, by the code that interprets it. */

/** A fault of a connection URL. The message is a predicate whose subject is the setting, and contains no secret. */
export class AddressFault extends Error {
  override readonly name = 'AddressFault'
}

/** The characters that must be escaped in a URL. */
export const escapes = '(in a password, write % as %25, / as %2F, @ as %40, ? as %3F, # as %23)'

export interface Parameters {
  /** Undefined also when the parameter is empty. */
  take(name: string): string | undefined
  oneOf<T extends string>(name: string, members: readonly T[]): T | undefined
  /** Undefined also for zero, which means no limit in libpq: each caller has its own limit. */
  seconds(name: string): number | undefined
  /** Returns the names of the remaining parameters. Throws if one of them may not be ignored. */
  end(mayBeIgnored: ReadonlySet<string>): readonly string[]
}

export function readParameters(query: string): Parameters {
  const values = new Map(new URLSearchParams(query))
  const take = (name: string): string | undefined => {
    const value = values.get(name)
    values.delete(name)
    return value === '' ? undefined : value
  }
  return {
    take,
    oneOf: (name, members) => {
      const value = take(name)
      if (value === undefined) return undefined
      const found = members.find((member) => member === value)
      if (found === undefined)
        throw new AddressFault(`has ${name}=${value}, expected one of ${members.join(', ')}`)
      return found
    },
    seconds: (name) => {
      const value = take(name)
      if (value === undefined) return undefined
      if (!/^\d{1,4}$/.test(value))
        throw new AddressFault(`has ${name}=${value}, expected a number of seconds`)
      return Number(value) || undefined
    },
    end: (mayBeIgnored) => {
      const left = [...values.keys()]
      const unknown = left.filter((name) => !mayBeIgnored.has(name))
      // An unescaped ? in a password: the rest of the password ends up here.
      if (unknown.some((name) => !/^[\w.-]+$/.test(name)))
        throw new AddressFault(`has something after its ? that is no parameter ${escapes}`)
      if (unknown.length > 0)
        throw new AddressFault(
          `has the parameter ${unknown.join(', ')}, which Orderbell does not know: remove it (a setting of the session is written options=-c%20name%3Dvalue)`,
        )
      return left
    },
  }
}
