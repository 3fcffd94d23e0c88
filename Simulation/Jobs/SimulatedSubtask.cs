using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>
/// A source and the sink behind it, as a subtask of a simulated job: it keeps the product's own state, in the files of the product. The source keeps how far it
/// came in a global table, the sink counts the rows of each partition in a keyed one, and stages them.
/// </summary>
internal sealed class SimulatedSubtask : IAsyncDisposable
{
    private static readonly ArrowSchema CountSchema = new(new ArrowField("key", ArrowType.Int64), new ArrowField("value", ArrowType.Int64));

    private readonly ISubtaskState _sourceState;
    private readonly ISubtaskState _sinkState;
    private readonly string _name;
    private readonly long _rows;
    private readonly Dictionary<int, long> _next = [];
    private readonly List<StagedRows> _staged = [];
    private IGlobalTable _positions = null!;
    private IRowTable _counts = null!;
    private int _stagedCount;

    /// <param name="sourceState">State of the source.</param>
    /// <param name="sinkState">State of the sink.</param>
    /// <param name="name">Unique among all lives of all subtasks.</param>
    /// <param name="rows">Rows of each partition.</param>
    public SimulatedSubtask(ISubtaskState sourceState, ISubtaskState sinkState, string name, long rows) => (_sourceState, _sinkState, _name, _rows) = (sourceState, sinkState, name, rows);

    public bool IsAtEnd => _next.Values.All(next => next >= _rows);

    public ISubtaskState SourceState => _sourceState;

    public ISubtaskState SinkState => _sinkState;

    /// <summary>Whether something waits to be committed.</summary>
    public bool NeedsCommit => _staged.Count > 0;

    /// <summary>Restores both.</summary>
    /// <returns>Null; or what is wrong with the state.</returns>
    public async Task<string?> StartAsync(CancellationToken cancellationToken)
    {
        _positions = await _sourceState.OpenGlobalAsync("positions", 1, cancellationToken);
        var restored = _positions.Entries.ToDictionary(entry => BinaryPrimitives.ReadInt32LittleEndian(entry.Key.Span), entry => BinaryPrimitives.ReadInt64LittleEndian(entry.Value.Span));
        _counts = await _sinkState.OpenRowsAsync("counts", new RowTableOptions { Kind = TableKind.Keyed, Schema = CountSchema, KeyColumns = [0] }, cancellationToken);
        var counts = new Dictionary<int, long>();
        await foreach (var batch in _counts.RestoreAsync(cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    counts[(int)batch.Column<Int64Array>(0).Values[row]] = batch.Column<Int64Array>(1).Values[row];
                }
            }
        }

        var own = JobPartition.Of(_sourceState.Keys).Select(partition => partition.Number).ToHashSet();
        foreach (var number in own)
        {
            _next[number] = restored.GetValueOrDefault(number);
        }

        var wrong = own.Where(number => counts.GetValueOrDefault(number) != _next[number]).Order().ToList();
        return wrong.Count == 0
            ? counts.Keys.FirstOrDefault(number => !own.Contains(number), -1) is var stranger and >= 0 ? $"{_name} is given the count of partition {stranger}, which it does not own" : null
            : $"{_name} begins with {_next[wrong[0]]} rows of partition {wrong[0]}, and its sink has counted {counts.GetValueOrDefault(wrong[0])}";
    }

    /// <summary>Some rows of a partition go through.</summary>
    public void Process(int partitionIndex, int count)
    {
        var open = _next.Where(one => one.Value < _rows).Select(one => one.Key).Order().ToList();
        if (open.Count > 0)
        {
            var partition = open[partitionIndex % open.Count];
            var from = _next[partition];
            _next[partition] = Math.Min(_rows, from + count);
            _staged.Add(new StagedRows(string.Create(CultureInfo.InvariantCulture, $"{_name}-{++_stagedCount}"), partition, from, _next[partition]));
        }
    }

    /// <summary>The barrier is here: what both hold becomes a snapshot.</summary>
    public (IStateSnapshot Source, IStateSnapshot Sink, bool NeedsCommit) Freeze(long epoch)
    {
        using var counts = new RecordBatchBuilder(CountSchema);
        foreach (var (partition, next) in _next.OrderBy(one => one.Key))
        {
            var value = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(value, next);
            _positions.Put(Key(partition), value);
            counts.AppendRow((long)partition, next);
        }

        _counts.Append(counts.Build());
        return (_sourceState.Freeze(epoch, null, default), _sinkState.Freeze(epoch, null, StagedRows.Write(_staged)), NeedsCommit);
    }

    /// <summary>These rows are visible now.</summary>
    public void OnCommitted(ByteString data)
    {
        var names = StagedRows.Read(data.Span).Select(staged => staged.Name).ToHashSet(StringComparer.Ordinal);
        _staged.RemoveAll(staged => names.Contains(staged.Name));
    }

    public async ValueTask DisposeAsync()
    {
        await _sourceState.DisposeAsync();
        await _sinkState.DisposeAsync();
    }

    private static byte[] Key(int partition)
    {
        var key = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(key, partition);
        return key;
    }
}
