using System.Globalization;
using System.Text;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>CSV files written in many ways, most of them plain, some odd.</summary>
internal static class RandomCsv
{
    private static readonly string[] DateForms = ["yyyy-MM-dd", "yyyy-MM-dd", "dd/MM/yyyy", "MM-dd-yyyy", "yyyy.MM.dd"];
    private static readonly string[] TimeForms = ["yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "yyyy-MM-ddTHH:mm:ssZ", "HH:mm:ss", "'true'"];

    /// <summary>A file.</summary>
    public static byte[] Create(Random random)
    {
        var (delimiter, newLine) = (",;|\t"[random.Next(4)], random.Next(3) == 0 ? "\r\n" : "\n");
        var columnCount = random.Next(1, 7);
        var quoting = random.Next(4);
        var quote = random.Next(5) == 0 ? '\'' : '"';
        var (dateForm, timeForm) = (DateForms[random.Next(DateForms.Length)], TimeForms[random.Next(TimeForms.Length)]);
        var hasOddities = random.Next(6) == 0;
        var text = new StringBuilder(random.Next(20) == 0 ? "\ufeff" : "");
        if (random.Next(2) == 0)
        {
            text.AppendJoin(delimiter, Enumerable.Range(0, columnCount).Select(column => quoting == 1 ? $"{quote}name {column}{quote}" : $"name{column}")).Append(newLine);
        }

        var rowCount = random.Next(30, 200);
        for (var row = 0; row < rowCount; row++)
        {
            text.AppendJoin(delimiter, Enumerable.Range(0, columnCount).Select(column => Value(random, quoting, quote, column, delimiter, dateForm, timeForm)));
            if (row < rowCount - 1 || random.Next(3) > 0)
            {
                text.Append(newLine);
            }

            if (hasOddities && random.Next(40) == 0)
            {
                text.Append(Oddity(random, delimiter, newLine));
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A text that begins and ends with a letter.</summary>
    public static string Text(Random random, string odd)
    {
        const string plain = "abcäöü漢字🙂xyz";
        var text = new StringBuilder("t");
        for (var length = random.Next(20); length > 0; length--)
        {
            text.Append(random.Next(6) == 0 ? odd[random.Next(odd.Length)] : plain[random.Next(plain.Length)]);
        }

        // Halves of a character are no text.
        return string.Concat(text.ToString().EnumerateRunes().Where(rune => rune.Value != 0xfffd).Select(rune => rune.ToString())) + "e";
    }

    private static string Oddity(Random random, char delimiter, string newLine) => random.Next(7) switch
    {
        0 => newLine,
        1 => $"a\"b{newLine}",
        2 => $"\"a\" b{newLine}",
        3 => $"# a comment{newLine}",
        4 => $"1{delimiter}2{newLine}",
        5 => "\r",
        _ => $" \"a\"{delimiter}{newLine}",
    };

    private static string Value(Random random, int quoting, char quote, int column, char delimiter, string dateForm, string timeForm)
    {
        var day = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(random.Next(2_000_000));
        var value = column switch
        {
            0 => random.Next(1_000_000).ToString(CultureInfo.InvariantCulture),
            1 => random.Next(5) == 0 ? "" : day.ToString(dateForm, CultureInfo.InvariantCulture),
            2 => (random.NextDouble() * 1_000).ToString("0.00", CultureInfo.InvariantCulture),
            3 => random.Next(9) == 0 ? "" : day.ToString(timeForm, CultureInfo.InvariantCulture),
            _ => Text(random, quoting < 2 ? " " : $" {quote}\n\r\n{delimiter}"),
        };

        var isQuoted = quoting == 1 || value.AsSpan().IndexOfAny($"{quote}\n\r{delimiter}") >= 0 || (quoting == 3 && random.Next(3) == 0);
        return isQuoted ? $"{quote}{value.Replace($"{quote}", $"{quote}{quote}", StringComparison.Ordinal)}{quote}" : value;
    }
}
