using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Events of a seed: some out of order, with nulls, few or many keys, some of them negative in time.</summary>
internal sealed class WindowEvents
{
    public const int LagMicros = 3_000_000;

    public static readonly ArrowSchema Schema = new(
        new ArrowField("k", ArrowType.Int64),
        new ArrowField("name", ArrowType.Utf8),
        new ArrowField("n", ArrowType.Int32),
        new ArrowField("v", ArrowType.Float64),
        new ArrowField("flag", ArrowType.Boolean),
        new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false));

    private readonly List<object?[]> _rows = [];

    public WindowEvents(int seed, int count = 600)
    {
        var random = new Random(seed);
        var keys = random.Next(1, 30);
        var stepMicros = random.Next(1, 400_000);
        var now = random.Next(2) == 0 ? -20_000_000L : 1_700_000_000_000_000L;
        for (var i = 0; i < count; i++)
        {
            now += random.Next(20) == 0 ? random.Next(30_000_000) : random.Next(stepMicros);
            _rows.Add(
            [
                random.Next(10) == 0 ? null : (long)random.Next(keys),
                random.Next(10) == 0 ? null : new string((char)('a' + random.Next(4)), random.Next(4)),
                random.Next(5) == 0 ? null : random.Next(-1_000, 1_000),
                random.Next(5) == 0 ? null : random.Next(-100, 100) / 4.0,
                random.Next(5) == 0 ? null : random.Next(2) == 0,
                now - random.Next(LagMicros),
            ]);
        }
    }

    public int Count => _rows.Count;

    public static IReadOnlyList<AggregateSpec> Aggregates { get; } =
    [
        new(AggregateKind.Count, null, null, ArrowType.Int64),
        new(AggregateKind.Count, 2, ArrowType.Int32, ArrowType.Int64),
        new(AggregateKind.Sum, 2, ArrowType.Int32, ArrowType.Int64),
        new(AggregateKind.Average, 3, ArrowType.Float64, ArrowType.Float64),
        new(AggregateKind.Min, 3, ArrowType.Float64, ArrowType.Float64),
        new(AggregateKind.Max, 1, ArrowType.Utf8, ArrowType.Utf8),
        new(AggregateKind.And, 4, ArrowType.Boolean, ArrowType.Boolean),
        new(AggregateKind.Count, null, null, ArrowType.Int64) { Filter = 4 },
        new(AggregateKind.Sum, 3, ArrowType.Float64, ArrowType.Float64),
    ];

    /// <summary>The same aggregates for DuckDB.</summary>
    public const string Sql =
        "count(*), count(n), sum(n)::bigint, avg(v), min(v), max(name), bool_and(flag), count(*) filter (flag), sum(v)";

    public static WindowShape Shape(params int[] keys) => new()
    {
        Input = Schema, TimeColumn = 5, KeyColumns = keys, Aggregates = Aggregates, Names = [.. Aggregates.Select((_, place) => $"a{place}")],
    };

    public long TimeOf(int row) => (long)_rows[row][5]!;

    /// <summary>A value as <see cref="Lines"/> says it.</summary>
    public string TextOf(int row, int column) => _rows[row][column] is { } value ? Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)! : "null";

    public RecordBatch Batch(IEnumerable<int> rows, ArrowAllocator allocator)
    {
        using var builder = new RecordBatchBuilder(Schema, allocator);
        foreach (var row in rows)
        {
            for (var column = 0; column < 5; column++)
            {
                builder.Column(column).AppendObject(_rows[row][column]);
            }

            ((TimestampBuilder)builder.Column(5)).Append((long)_rows[row][5]!);
        }

        return builder.Build();
    }

    /// <summary>What DuckDB makes of the events, registered as <c>e</c> with their time as <c>t</c> in microseconds; a line a row.</summary>
    public async Task<List<string>> AskAsync(EngineInstance engine, string sql, CancellationToken cancellationToken)
    {
        await using var session = engine.OpenSession();
        using var all = Batch(Enumerable.Range(0, Count), ArrowAllocator.Default);
        await session.RegisterBatchesAsync("events", Schema, [all], cancellationToken);
        await using var result = await session.QueryAsync($"with e as (select *, epoch_us(_timestamp) as t from events) {sql}", null, cancellationToken);
        var lines = new List<string>();
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            using (batch)
            {
                lines.AddRange(Lines(batch));
            }
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    public static IEnumerable<string> Lines(RecordBatch batch)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            yield return string.Join("|", batch.Columns.Select(column => column.IsNull(row) ? "null"
                : column is TimestampArray time ? time.Values[row].ToString(System.Globalization.CultureInfo.InvariantCulture)
                : Convert.ToString(column.GetValue(row), System.Globalization.CultureInfo.InvariantCulture)));
        }
    }
}
