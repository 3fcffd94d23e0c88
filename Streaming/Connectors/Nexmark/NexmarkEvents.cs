using System.Globalization;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Nexmark;

/// <summary>Makes the events of one seed. Not thread-safe.</summary>
internal sealed class NexmarkEvents
{
    private const int Cycle = 50;
    private const int PersonsOfCycle = 1;
    private const int AuctionsOfCycle = 3;
    private const long FirstPersonId = 1_000;
    private const long FirstAuctionId = 1_000;
    private const long FirstCategoryId = 10;
    private const long CategoryCount = 5;

    // What is hot changes with every hundredth auction or person; half of the bids go to the hot auction, three of four to or from hot persons.
    private const long HotStep = 100;
    private const long HotAuctionRatio = 2;
    private const long HotPersonRatio = 4;
    private const long ActivePersons = 1_000;
    private const long OpenAuctions = 100;
    private const long RareChannels = 10_000;
    private const int ExtraBytes = 64;

    private static readonly ArrowType Time = EventTime.Field.Type;
    private static readonly byte[] Letters = [.. Enumerable.Range(0, 4_096).Select(place => (byte)('a' + (int)(new NexmarkRandom(1, place).Next(26))))];
    private static readonly byte[][] FirstNames = Words("Peter Paul Luke John Saul Vicky Kate Julie Sarah Deiter Walter");
    private static readonly byte[][] LastNames = Words("Shultz Abrams Spencer White Bartels Walton Smith Jones Noris");
    private static readonly byte[][] Cities = Words("Phoenix;Los Angeles;San Francisco;Boise;Portland;Bend;Redmond;Seattle;Kent;Cheyenne", ';');
    private static readonly byte[][] States = Words("AZ CA CA ID OR OR WA WA WA WY");
    private static readonly byte[][] HotChannels = Words("Google Facebook Baidu Apple");

    private readonly ulong _seed;
    private readonly byte[] _text = new byte[256];
    private int _length;

    public NexmarkEvents(long seed) => _seed = (ulong)seed;

    public static ArrowSchema Schema { get; } = new(
        new ArrowField("person", ArrowType.Struct(Long("id"), Text("name"), Text("email_address"), Text("credit_card"), Text("city"), Text("state"), new ArrowField("datetime", Time), Text("extra"))),
        new ArrowField("auction", ArrowType.Struct(Long("id"), Text("item_name"), Text("description"), Long("initial_bid"), Long("reserve"), new ArrowField("datetime", Time), new ArrowField("expires", Time), Long("seller"), Long("category"), Text("extra"))),
        new ArrowField("bid", ArrowType.Struct(Long("auction"), Long("bidder"), Long("price"), Text("channel"), Text("url"), new ArrowField("datetime", Time), Text("extra"))),
        EventTime.Field);

    /// <summary>Adds an event.</summary>
    /// <param name="rows">Of <see cref="Schema"/>.</param>
    /// <param name="number">From 0.</param>
    /// <param name="micros">Its time.</param>
    public void Add(RecordBatchBuilder rows, long number, long micros)
    {
        var random = new NexmarkRandom(_seed, number);
        var (cycle, place) = Math.DivRem(number, Cycle);
        var (person, auction, bid) = (rows.Column<StructBuilder>(0), rows.Column<StructBuilder>(1), rows.Column<StructBuilder>(2));
        if (place < PersonsOfCycle)
        {
            AddPerson(person, cycle, micros, ref random);
            auction.AppendNull();
            bid.AppendNull();
        }
        else if (place < PersonsOfCycle + AuctionsOfCycle)
        {
            person.AppendNull();
            AddAuction(auction, (cycle * AuctionsOfCycle) + place - PersonsOfCycle, cycle, micros, ref random);
            bid.AppendNull();
        }
        else
        {
            person.AppendNull();
            auction.AppendNull();
            AddBid(bid, (cycle * AuctionsOfCycle) + AuctionsOfCycle - 1, cycle, micros, ref random);
        }

        rows.Column<TimestampBuilder>(3).Append(micros);
    }

    private static ArrowField Long(string name) => new(name, ArrowType.Int64);

    private static ArrowField Text(string name) => new(name, ArrowType.Utf8);

    private static byte[][] Words(string text, char between = ' ') => [.. text.Split(between).Select(Encoding.UTF8.GetBytes)];

    private void AddPerson(StructBuilder row, long ordinal, long micros, ref NexmarkRandom random)
    {
        var (first, last, city) = (random.Next(FirstNames.Length), random.Next(LastNames.Length), random.Next(Cities.Length));
        row.Field<Int64Builder>(0).Append(FirstPersonId + ordinal);
        Begin(FirstNames[first], " "u8, LastNames[last]).To(row.Field<Utf8Builder>(1));
        Begin(Slice(ref random, 7), "@"u8, Slice(ref random, 5)).Then(".com"u8).To(row.Field<Utf8Builder>(2));
        Begin([]).Then(random.Next(10_000), "D4").Then(" "u8).Then(random.Next(10_000), "D4").Then(" "u8).Then(random.Next(10_000), "D4").Then(" "u8).Then(random.Next(10_000), "D4").To(row.Field<Utf8Builder>(3));
        row.Field<Utf8Builder>(4).Append(Cities[city]);
        row.Field<Utf8Builder>(5).Append(States[city]);
        row.Field<TimestampBuilder>(6).Append(micros);
        row.Field<Utf8Builder>(7).Append(Slice(ref random, ExtraBytes));
        row.CloseRow();
    }

    private static void AddAuction(StructBuilder row, long ordinal, long lastPerson, long micros, ref NexmarkRandom random)
    {
        var first = Price(ref random);
        row.Field<Int64Builder>(0).Append(FirstAuctionId + ordinal);
        row.Field<Utf8Builder>(1).Append(Slice(ref random, 20));
        row.Field<Utf8Builder>(2).Append(Slice(ref random, 100));
        row.Field<Int64Builder>(3).Append(first);
        row.Field<Int64Builder>(4).Append(first + Price(ref random));
        row.Field<TimestampBuilder>(5).Append(micros);
        row.Field<TimestampBuilder>(6).Append(micros + 1_000_000 + random.Next(20_000_000));
        row.Field<Int64Builder>(7).Append(FirstPersonId + Person(lastPerson, hot: 0, ref random));
        row.Field<Int64Builder>(8).Append(FirstCategoryId + random.Next(CategoryCount));
        row.Field<Utf8Builder>(9).Append(Slice(ref random, ExtraBytes));
        row.CloseRow();
    }

    private void AddBid(StructBuilder row, long lastAuction, long lastPerson, long micros, ref NexmarkRandom random)
    {
        var oldest = Math.Max(0, lastAuction - OpenAuctions);
        var auction = random.Next(HotAuctionRatio) > 0 ? lastAuction / HotStep * HotStep : oldest + random.Next(lastAuction - oldest + 1);
        row.Field<Int64Builder>(0).Append(FirstAuctionId + auction);
        row.Field<Int64Builder>(1).Append(FirstPersonId + Person(lastPerson, hot: 1, ref random));
        row.Field<Int64Builder>(2).Append(Price(ref random));
        var channel = random.Next(2 * RareChannels);
        if (channel >= RareChannels)
        {
            var hot = HotChannels[channel % HotChannels.Length];
            row.Field<Utf8Builder>(3).Append(hot);
            Begin("https://www.nexmark.com/"u8, hot, "/item.htm?query=1"u8).To(row.Field<Utf8Builder>(4));
        }
        else
        {
            Begin("channel-"u8).Then(channel).To(row.Field<Utf8Builder>(3));
            Begin("https://www.nexmark.com/"u8, Slice(ref random, 12), "/item.htm?query=1&channel_id="u8).Then(channel).To(row.Field<Utf8Builder>(4));
        }

        row.Field<TimestampBuilder>(5).Append(micros);
        row.Field<Utf8Builder>(6).Append(Slice(ref random, ExtraBytes));
        row.CloseRow();
    }

    /// <summary>Someone who is there by now: mostly one who is hot, else one of the last ones.</summary>
    private static long Person(long last, long hot, ref NexmarkRandom random)
    {
        var active = Math.Min(ActivePersons, last + 1);
        return random.Next(HotPersonRatio) > 0 ? Math.Min(last, (last / HotStep * HotStep) + hot) : last - random.Next(active);
    }

    /// <summary>Cents, of 1 to 1 000 000 in whole units, small ones as often as ten times as large ones.</summary>
    private static long Price(ref NexmarkRandom random) => (long)Math.Round(Math.Pow(10, random.NextDouble() * 6) * 100);

    private static ReadOnlySpan<byte> Slice(ref NexmarkRandom random, int length) => Letters.AsSpan((int)random.Next(Letters.Length - length), length);

    private NexmarkEvents Begin(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        _length = 0;
        return Then(first).Then(second).Then(third);
    }

    private NexmarkEvents Then(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
        return this;
    }

    private NexmarkEvents Then(long number, ReadOnlySpan<char> format = default)
    {
        number.TryFormat(_text.AsSpan(_length), out var written, format, CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    private void To(Utf8Builder column) => column.Append(_text.AsSpan(0, _length));
}
