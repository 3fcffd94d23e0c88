using System.Globalization;
using System.Security.Cryptography;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Ids such as <c>20260714-103015-123-k7f3q9x2</c>: UTC to the millisecond, then 40 random bits. Thread-safe.</summary>
/// <param name="clock">Names the time.</param>
/// <param name="fillRandom">Fills with random bytes; null: the system's cryptographic source.</param>
internal sealed class TimeSortedIds(TimeProvider clock, Action<Span<byte>>? fillRandom = null) : IIdSource
{
    // Crockford's alphabet: no letter that is mistaken for a digit, so that an id can be read aloud.
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private const int RandomBytes = 5;

    private readonly Action<Span<byte>> _fillRandom = fillRandom ?? RandomNumberGenerator.Fill;

    public string NewId()
    {
        Span<byte> random = stackalloc byte[RandomBytes];
        _fillRandom(random);
        var bits = 0UL;
        foreach (var part in random)
        {
            bits = (bits << 8) | part;
        }

        Span<char> tail = stackalloc char[RandomBytes * 8 / 5];
        for (var position = tail.Length - 1; position >= 0; position--)
        {
            tail[position] = Alphabet[(int)(bits & 31)];
            bits >>= 5;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyyMMdd-HHmmss-fff}-{tail}");
    }
}
