import { describe, expect, test } from 'vitest'
import { bodyText } from '../../../../src/domain/deliveries/body-text.ts'

const shown = (contentType: string | null, bytes: Buffer) =>
  bodyText(contentType === null ? [] : [{ name: 'Content-Type', value: contentType }], bytes)
const text = 'Grüße 🍕'
const utf16 = Buffer.from(text, 'utf16le')

describe('bodyText', () => {
  test.each([
    ['without a content type, in UTF-8', null, Buffer.from(text), text],
    [
      'in the charset of its content type',
      'text/plain; charset=ISO-8859-1',
      Buffer.from('Grüße', 'latin1'),
      'Grüße',
    ],
    [
      'in a charset that is quoted',
      'text/html;charset="latin1"; a=b',
      Buffer.from('Grüße', 'latin1'),
      'Grüße',
    ],
    ['in UTF-16', 'text/plain; charset=utf-16', utf16, text],
    [
      'in UTF-16 by its byte order mark',
      'text/plain; charset=utf-8',
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      text,
    ],
    [
      'in big-endian UTF-16 by its byte order mark',
      null,
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]).swap16(),
      text,
    ],
    [
      'without the byte order mark of UTF-8',
      null,
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
      text,
    ],
    ['in UTF-8 for an unknown charset', 'text/plain; charset=klingon', Buffer.from(text), text],
    ['in UTF-8 for UTF-7', 'text/plain; charset=utf-7', Buffer.from('+ADw-'), '+ADw-'],
    ['with U+FFFD for invalid bytes', null, Buffer.from([0x61, 0xff, 0x00]), 'a\ufffd\0'],
    ['as an empty text when it is empty', null, Buffer.alloc(0), ''],
  ])('a response body is decoded %s', (_, contentType, bytes, expected) => {
    expect(shown(contentType, bytes)).toBe(expected)
  })
})
