using System.Buffers.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Clicks;

/// <summary>Table <c>views</c>, row by row in the order of time.</summary>
internal sealed class ClickRows(long rowCount, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private const uint ViewPurpose = 1;
    private const uint PagePurpose = 2;
    private const uint PhrasePurpose = 3;
    private const int DayCount = 31;
    private const int PageCount = 20_000;
    private const int PhraseCount = 5_000;
    private const long DayMicros = 86_400_000_000;

    private static readonly long FirstMicros = ArrowTime.FromDate(new DateOnly(2013, 7, 1)) * DayMicros;
    private static readonly WordList Sites = new("shop.example", "news.example", "maps.example", "mail.example", "www.auto.example", "video.example", "forum.example", "google.example");
    private static readonly WordList Words = new("winter tyres cheap flight ticket garden chair oak table used car city map weather tomorrow football score recipe soup film online free game phone case repair house rent red dress concert".Split(' '));
    private static readonly WordList Models = new("One", "One Mini", "Wave 5", "Wave 6", "Tablet 10", "Note", "Lite");
    private static readonly WordList Countries = new("DE", "FR", "PL", "US", "GB", "CZ", "JP", "BR");
    private static readonly int[] Widths = [1366, 1920, 1280, 1440, 1024, 360, 768];
    private static readonly int[] Heights = [768, 1080, 800, 900, 600, 640, 1024];

    private readonly byte[] _text = new byte[256];

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, ViewPurpose, unit);
        var micros = FirstMicros + (long)((Int128)DayCount * DayMicros * unit / rowCount);
        var user = bits.Skewed(Math.Max(10, rowCount / 4), 2);
        var page = (int)bits.Skewed(PageCount, 3);
        var isSearch = bits.Chance(13);
        Long(0, (long)(bits.Next() >> 1));
        Long(1, micros - (micros % 1_000_000));
        batch.Column<Date32Builder>(2).Append((int)(micros / DayMicros));
        Long(3, (long)(new SeededBits(seed, ViewPurpose, -1 - user).Next() >> 1));
        Int(4, 1 + (page % 500));
        Int(5, 1 + (int)bits.Skewed(800, 3));
        Long(6, bits.Chance(30) ? 0x0A00_0001 + user : bits.Below(1L << 32));
        Int(7, bits.Chance(96) ? 0 : bits.Between(1, 20));
        Int(8, isSearch ? (int)bits.Skewed(6, 2) + 1 : 0);
        Text(9, isSearch ? Phrase(bits.Skewed(PhraseCount, 2)) : []);
        AppendPage(10, page);
        AppendReferrer(ref bits);
        Text(14, Title(page));
        Int(15, bits.Chance(60) ? 0 : bits.Between(-1, 9));
        Int(16, (int)bits.Skewed(40, 2));
        AppendDevice(ref bits);
        Flag(24, bits.Chance(12));
        Flag(25, bits.Chance(20));
        Flag(26, bits.Chance(1));
        Flag(27, bits.Chance(3));
        batch.Column<Int32Builder>(28).Append(bits.Chance(70) ? null : bits.Between(14, 80));
        AppendCountry(ref bits);
        batch.Column<Int32Builder>(30).Append(bits.Chance(8) ? null : (int)bits.Skewed(20_000, 4));
        batch.Column<Decimal128Builder>(31).Append(bits.Chance(97) ? null : (Int128?)(Int128)bits.Between(99, 99_999));
    }

    private void AppendPage(int column, int page)
    {
        var url = Url(page);
        Text(column, url);
        Long(column + 1, Hash(page));
    }

    private void AppendReferrer(ref SeededBits bits)
    {
        if (bits.Chance(40))
        {
            Text(12, []);
            Long(13, 0);
            return;
        }

        AppendPage(12, (int)bits.Skewed(PageCount, 2));
    }

    private void AppendDevice(ref SeededBits bits)
    {
        var isPhone = bits.Chance(12);
        var screen = (int)bits.Skewed(Widths.Length, 1);
        Int(17, isPhone ? bits.Between(20, 23) : (int)bits.Skewed(12, 2));
        Int(18, isPhone ? bits.Between(1, 9) : 0);
        Text(19, isPhone ? Models[(int)bits.Skewed(Models.Count, 1)] : []);
        Int(20, Widths[screen]);
        Int(21, Heights[screen]);
        Int(22, Widths[screen] - bits.Below(100));
        Int(23, Heights[screen] - (10 * bits.Below(20)));
    }

    private void AppendCountry(ref SeededBits bits)
    {
        if (bits.Chance(4))
        {
            batch.Column(29).AppendNull();
        }
        else
        {
            Text(29, Countries[(int)bits.Skewed(Countries.Count, 1)]);
        }
    }

    private long Hash(long page) => (long)new SeededBits(seed, PagePurpose, page).Next();

    private ReadOnlySpan<byte> Url(int page)
    {
        var bits = new SeededBits(seed, PagePurpose, page);
        _ = bits.Next();
        var length = Put(0, page % 5 == 0 ? "http://"u8 : "https://"u8);
        length = Put(length, Sites.Pick(ref bits));
        length = Put(length, "/"u8);
        length = Put(length, Words.Pick(ref bits));
        length = Put(length, "/"u8);
        Utf8Formatter.TryFormat(page, _text.AsSpan(length), out var written);
        length += written;
        return _text.AsSpan(0, bits.Chance(10) ? Put(length, "?from=google"u8) : length);
    }

    private ReadOnlySpan<byte> Title(int page)
    {
        var bits = new SeededBits(seed, PagePurpose, page + (1L << 32));
        var length = Put(0, bits.Chance(5) ? "Google: "u8 : "Page of "u8);
        for (var word = bits.Between(1, 5); word > 0; word--)
        {
            length = Put(Put(length, Words.Pick(ref bits)), " "u8);
        }

        return _text.AsSpan(0, length - 1);
    }

    private ReadOnlySpan<byte> Phrase(long phrase)
    {
        var bits = new SeededBits(seed, PhrasePurpose, phrase);
        var length = 0;
        for (var word = bits.Between(1, 4); word > 0; word--)
        {
            length = Put(Put(length, Words.Pick(ref bits)), " "u8);
        }

        return _text.AsSpan(0, length - 1);
    }

    private int Put(int at, ReadOnlySpan<byte> piece)
    {
        piece.CopyTo(_text.AsSpan(at));
        return at + piece.Length;
    }

    private void Long(int column, long value) => ((PrimitiveBuilder<long>)batch.Column(column)).Append(value);

    private void Int(int column, int value) => batch.Column<Int32Builder>(column).Append(value);

    private void Flag(int column, bool value) => batch.Column<BooleanBuilder>(column).Append(value);

    private void Text(int column, ReadOnlySpan<byte> value) => batch.Column<Utf8Builder>(column).Append(value);
}
