/** The parameters after the `?` of a connection URL, each taken once by the one who understands it. */

/** What is wrong with a connection URL: a predicate whose subject is the setting, without any secret. */
export class AddressFault extends Error {
  override readonly name = 'AddressFault'
}

/** What is written otherwise within a URL. */
export const escapes = '(in a password, write % as %25, / as %2F, @ as %40, ? as %3F, # as %23)'

export interface Parameters {
  /** An empty parameter is an absent one. */
  take(name: string): string | undefined
  oneOf<T extends string>(name: string, members: readonly T[]): T | undefined
  /** Zero means no limit to libpq, and is absent here: each place has a limit of its own. */
  seconds(name: string): number | undefined
  /** Returns the names that are left over and may be ignored; throws where one may not be. */
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
      // A password with an unescaped ? ends up here.
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
