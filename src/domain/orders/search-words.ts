/**
 * The words by which orders are searched. Stored texts and searched texts become words by the same rules: case, accents,
 * dashes and other punctuation do not matter. A searched word matches a stored word that begins with it.
 */
import { erased } from './personal-data.ts'
import type { Customer, Order } from './order.ts'

/** Maximum length of a searched text, in code points. */
export const maxSearchLength = 100
/** Maximum number of words of a searched text. */
export const maxSearchedWords = 8
/** A searched text needs a word of at least this length, or the number of an order. */
export const minWordLength = 2
/** Words are compared by this many characters. */
const maxWordLength = 32
/** Words of one stored text. Those after are not found. */
const maxWordsOfText = 8
/** The largest number that an order can have. */
const maxNumber = 2 ** 31 - 1

/** Letters that no accent turns into their plain form. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
}
const withPlainLetters = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'gu')
const marks = /\p{M}+/gu
const punctuation = /[^\p{L}\p{N}\s]+/gu
const whiteSpace = /\s+/u
const betweenLettersAndDigits = /(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu

/** The words of a customer: each word of its name, and its licence plate. An erased customer has none. */
export function wordsOfCustomer({
  name,
  licensePlate,
}: Pick<Customer, 'name' | 'licensePlate'>): readonly string[] {
  const plate = joined(fold(licensePlate ?? '').replace(betweenLettersAndDigits, '-'))
  // The plate first, because a long name may have more words than are kept.
  return once([...plate, ...(name === erased ? [] : fold(name).split(whiteSpace).flatMap(wordsOf))])
}

/** The words of an order: its partner identifier and its redemption code. Its number has an index of its own. */
export function wordsOfOrder({
  partnerIdentifier,
  redemptionCode,
}: Pick<Order, 'partnerIdentifier' | 'redemptionCode'>): readonly string[] {
  return once([...joined(fold(partnerIdentifier ?? '')), ...joined(fold(redemptionCode ?? ''))])
}

/** Returns the words of a searched text, each once. */
export function searchedWords(text: string): readonly string[] {
  return once(fold(text).replace(punctuation, '').split(whiteSpace).map(cutWord))
}

/** Returns whether the words can be searched: one has `minWordLength` characters, or is a number. */
export function areSearchable(words: readonly string[]): boolean {
  return words.some((word) => Array.from(word).length >= minWordLength || numberOf(word) !== null)
}

/** Returns the order number that a searched word may be; null: it is none. */
export function numberOf(word: string): number | null {
  const number = /^[1-9]\d{0,9}$/.test(word) ? Number(word) : Infinity
  return number <= maxNumber ? number : null
}

/**
 * Returns the range of stored words that begin with a searched word: `from` is included, `until` is excluded. Null for a
 * single digit, which is the number of an order only, because too many words begin with it.
 */
export function rangeOf(word: string): { readonly from: string; readonly until: string } | null {
  return word.length === 1 && numberOf(word) !== null ? null : { from: word, until: `${word}\u{10ffff}` }
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(marks, '')
    .replace(withPlainLetters, (letter) => plainLetters[letter] ?? letter)
}

/** For plates, identifiers and codes: the spaces in it do not matter either. */
function joined(text: string): readonly string[] {
  return wordsOf(text.replace(/\s+/gu, '-'))
}

/** `klw-9104` has the words `klw9104` and `9104`: it is found by its beginning and by each part after punctuation. */
function wordsOf(text: string): readonly string[] {
  const parts = text.split(punctuation).filter((part) => part !== '')
  return parts
    .map((_, index) => cutWord(parts.slice(index).join('')))
    .filter((word, index) => index === 0 || Array.from(word).length >= minWordLength)
    .slice(0, maxWordsOfText)
}

function cutWord(word: string): string {
  return word.length <= maxWordLength ? word : Array.from(word).slice(0, maxWordLength).join('')
}

function once(words: readonly string[]): readonly string[] {
  return [...new Set(words.filter((word) => word !== ''))].slice(0, 2 * maxWordsOfText)
}
