using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Tests.Streaming.State;

/// <summary>Goal: rows of keys that went to files come back once and whole, and checkpoints have each of them once as it is.</summary>
public sealed class SpilledKeysTests : IDisposable
{
    private static readonly ArrowSchema Schema = new(
        new ArrowField("value", ArrowType.Int64, isNullable: false),
        new ArrowField(SpilledKeys.HashColumn, ArrowType.UInt64, isNullable: false),
        new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean, isNullable: false),
        new ArrowField(SpilledKeys.ChangedColumn, ArrowType.Boolean, isNullable: false));

    private readonly string _folder = Directory.CreateTempSubdirectory("spilled-keys-").FullName;
    private readonly StreamMemory _memory;
    private readonly MemoryShare _share;

    public SpilledKeysTests()
    {
        _memory = new StreamMemory(1, _folder);
        _share = _memory.Open();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _share.Dispose();
        _memory.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Against a dictionary: keys go and come by chance, several rows of one hash, some of them gone ones.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task KeysThatGoAndCome_AreThoseOfADictionary(int seed)
    {
        var random = new Random(seed);
        using var keys = new SpilledKeys(Schema);
        var (model, mostFiles) = (new SortedDictionary<ulong, List<Row>>(), 0);
        for (var step = 0; step < 300; step++)
        {
            switch (random.Next(8))
            {
                case < 4:
                    var added = Enumerable.Range(0, random.Next(1, 200)).Select(_ => (ulong)random.Next(5_000)).Where(hash => !model.ContainsKey(hash)).Distinct().Order()
                        .ToDictionary(hash => hash, hash => Enumerable.Range(0, random.Next(1, 4)).Select(_ => new Row(random.Next(), random.Next(3) == 0, random.Next(2) == 0)).ToList());
                    await keys.AddAsync(Batches(random, added), _share, Token);
                    foreach (var (hash, rows) in added)
                    {
                        model.Add(hash, rows);
                    }

                    break;
                case < 7:
                    ulong[] hashes = [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => (ulong)random.Next(5_000)).Distinct().Order()];
                    var expected = hashes.Where(model.ContainsKey).SelectMany(hash => model[hash].Select(row => (hash, row))).ToList();

                    // What a checkpoint knows and is no more may be left out.
                    var taken = Rows(keys.Take(hashes));
                    Assert.Empty(taken.Except(expected));
                    Assert.All(expected.Except(taken), row => Assert.True(row.row is { IsDeleted: true, IsChanged: false }));
                    Assert.Equal(taken.Count, taken.Distinct().Count());
                    Array.ForEach(hashes, hash => model.Remove(hash));
                    break;
                default:
                    var changed = Rows(keys.TakeChanged());
                    Assert.Equal(
                        model.SelectMany(key => key.Value.Where(row => row.IsChanged).Select(row => (key.Key, row with { IsChanged = false }))).Order(),
                        changed.Order());
                    foreach (var rows in model.Values)
                    {
                        rows.ForEach(row => row.IsChanged = false);
                    }

                    break;
            }

            mostFiles = Math.Max(mostFiles, keys.FileCount);
        }

        Assert.InRange(mostFiles, 2, 20);
    }

    [Fact]
    public async Task KeysThatAllCameBack_LeaveNoFile()
    {
        using var keys = new SpilledKeys(Schema);
        for (var i = 0; i < 3; i++)
        {
            await keys.AddAsync(Batches(new Random(i), new() { [(ulong)i] = [new Row(i, false, true)], [(ulong)i + 10] = [new Row(i, false, true)] }), _share, Token);
        }

        Assert.Equal(6, Rows(keys.Take([0, 1, 2, 3, 9, 10, 11, 12, ulong.MaxValue])).Count);

        Assert.True(keys.IsEmpty);
        Assert.Equal(0, keys.ByteCount);
        Assert.Empty(Rows(keys.TakeChanged()));
    }

    [Fact]
    public async Task FileThatCannotBeWritten_ChangesNothing()
    {
        using var keys = new SpilledKeys(Schema);
        await keys.AddAsync(Batches(new Random(1), new() { [5] = [new Row(5, false, true)] }), _share, Token);
        static IEnumerable<RecordBatch> Broken()
        {
            yield return Batches(new Random(1), new() { [6] = [new Row(6, false, true)] }).Single();
            throw new FlowException(FlowErrorCode.StoreFull, "full");
        }

        await Assert.ThrowsAsync<FlowException>(() => keys.AddAsync(Broken(), _share, Token).AsTask());

        Assert.Equal([(5UL, new Row(5, false, true))], Rows(keys.Take([5, 6])));
        Assert.All(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories), path => Assert.Equal("lock", Path.GetFileName(path)));
    }

    private static IEnumerable<RecordBatch> Batches(Random random, Dictionary<ulong, List<Row>> keys)
    {
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var (hash, rows) in keys)
        {
            foreach (var row in rows)
            {
                builder.AppendRow(row.Value, hash, row.IsDeleted, row.IsChanged);

                // The rows of a key may be in two batches.
                if (random.Next(20) == 0)
                {
                    yield return builder.Build();
                }
            }
        }

        if (builder.RowCount > 0)
        {
            yield return builder.Build();
        }
    }

    private static List<(ulong Hash, Row row)> Rows(IEnumerable<RecordBatch> batches)
    {
        var rows = new List<(ulong, Row)>();
        foreach (var batch in batches)
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add((
                        batch.Column<UInt64Array>(1).Values[row],
                        new Row(batch.Column<Int64Array>(0).Values[row], batch.Column<BooleanArray>(2).GetBoolean(row), batch.Column<BooleanArray>(3).GetBoolean(row))));
                }
            }
        }

        return rows;
    }

    private sealed record Row(long Value, bool IsDeleted, bool IsChanged) : IComparable<Row>
    {
        public bool IsChanged { get; set; } = IsChanged;

        public int CompareTo(Row? other) => other is null ? 1 : (Value, IsDeleted, IsChanged).CompareTo((other.Value, other.IsDeleted, other.IsChanged));
    }
}
