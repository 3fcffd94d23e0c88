using System.Buffers.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>The kinds of text that several tables share.</summary>
internal static class TpchColumns
{
    /// <summary>64 characters, as clause 4.2.2.7 asks of random strings.</summary>
    private static ReadOnlySpan<byte> Alphabet => "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, "u8;

    /// <summary>Appends <paramref name="prefix"/> and a number with 9 digits.</summary>
    public static void Numbered(this Utf8Builder column, ReadOnlySpan<byte> prefix, long number)
    {
        Span<byte> text = stackalloc byte[32];
        prefix.CopyTo(text);
        Utf8Formatter.TryFormat(number, text[prefix.Length..], out var written, new System.Buffers.StandardFormat('D', 9));
        column.Append(text[..(prefix.Length + written)]);
    }

    /// <summary>Appends a random string of 10 to 40 characters.</summary>
    public static void Address(this Utf8Builder column, ref SeededBits bits)
    {
        Span<byte> text = stackalloc byte[40];
        var length = bits.Between(10, 40);
        ulong left = 0;
        for (var i = 0; i < length; i++)
        {
            // Six bits a character: ten of them from one draw.
            left = i % 10 == 0 ? bits.Next() : left >> 6;
            text[i] = Alphabet[(int)(left & 63)];
        }

        column.Append(text[..length]);
    }

    /// <summary>Appends a phone number whose first two digits tell the nation (clause 4.2.2.9).</summary>
    public static void Phone(this Utf8Builder column, ref SeededBits bits, int nation)
    {
        Span<byte> text = stackalloc byte[15];
        Digits(text, 0, nation + 10, 2);
        text[2] = (byte)'-';
        Digits(text, 3, bits.Between(100, 999), 3);
        text[6] = (byte)'-';
        Digits(text, 7, bits.Between(100, 999), 3);
        text[10] = (byte)'-';
        Digits(text, 11, bits.Between(1_000, 9_999), 4);
        column.Append(text);
    }

    private static void Digits(Span<byte> text, int place, int number, int count)
    {
        for (var i = place + count - 1; i >= place; i--)
        {
            text[i] = (byte)('0' + (number % 10));
            number /= 10;
        }
    }
}
