using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>What a task has done so far. Thread-safe; read while it changes.</summary>
internal sealed class TaskMeasure
{
    private readonly long[] _partitionRows;
    private readonly long[] _partitionBytes;
    private long _rowsIn;
    private long _bytesIn;
    private long _rowsOut;
    private long _bytesOut;
    private long _inputWaitTicks;
    private long _outputWaitTicks;
    private long _spilledBytes;
    private int _isStalled;
    private IReadOnlyList<OperatorProfile> _operators = [];

    /// <param name="partitionCount">Of all outputs together.</param>
    public TaskMeasure(int partitionCount)
    {
        _partitionRows = new long[partitionCount];
        _partitionBytes = new long[partitionCount];
    }

    /// <summary>Whether the task waits for its readers at this moment.</summary>
    public bool IsStalled => Volatile.Read(ref _isStalled) != 0;

    public void AddIn(int rows, long bytes)
    {
        Interlocked.Add(ref _rowsIn, rows);
        Interlocked.Add(ref _bytesIn, bytes);
    }

    /// <summary>Rows that the task has made; a row that goes to several outputs counts once.</summary>
    public void AddMade(int rows) => Interlocked.Add(ref _rowsOut, rows);

    /// <summary>Rows that were put into a partition.</summary>
    /// <param name="place">Partitions of all outputs, one after the other.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="bytes">Bytes.</param>
    public void AddOut(int place, int rows, long bytes)
    {
        Interlocked.Add(ref _partitionRows[place], rows);
        Interlocked.Add(ref _partitionBytes[place], bytes);
        Interlocked.Add(ref _bytesOut, bytes);
    }

    public void AddInputWait(TimeSpan time) => Interlocked.Add(ref _inputWaitTicks, time.Ticks);

    public void AddOutputWait(TimeSpan time) => Interlocked.Add(ref _outputWaitTicks, time.Ticks);

    public void AddSpilled(long bytes) => Interlocked.Add(ref _spilledBytes, bytes);

    public void SetStalled(bool isStalled) => Volatile.Write(ref _isStalled, isStalled ? 1 : 0);

    /// <summary>What the engine measured; of a task that was asked to.</summary>
    public void SetOperators(IReadOnlyList<OperatorProfile> operators) => Volatile.Write(ref _operators, operators);

    public TaskMetrics ToWire(TimeSpan elapsed)
    {
        var metrics = new TaskMetrics
        {
            RowsIn = Interlocked.Read(ref _rowsIn),
            BytesIn = Interlocked.Read(ref _bytesIn),
            RowsOut = Interlocked.Read(ref _rowsOut),
            BytesOut = Interlocked.Read(ref _bytesOut),
            Elapsed = Duration.FromTimeSpan(elapsed),
            InputWait = Duration.FromTimeSpan(new TimeSpan(Interlocked.Read(ref _inputWaitTicks))),
            OutputWait = Duration.FromTimeSpan(new TimeSpan(Interlocked.Read(ref _outputWaitTicks))),
            SpilledBytes = Interlocked.Read(ref _spilledBytes),
        };
        for (var place = 0; place < _partitionRows.Length; place++)
        {
            metrics.PartitionRows.Add(Interlocked.Read(ref _partitionRows[place]));
            metrics.PartitionBytes.Add(Interlocked.Read(ref _partitionBytes[place]));
        }

        metrics.Operators.AddRange(Volatile.Read(ref _operators).Select(one => new OperatorMetrics
        {
            Name = one.Name,
            Depth = one.Depth,
            Rows = one.RowCount,
            Time = Duration.FromTimeSpan(one.Time),
            Bytes = one.ByteCount,
        }));
        return metrics;
    }
}
