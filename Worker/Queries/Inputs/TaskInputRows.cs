using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using InputSortKey = OrleansFlow.Protocol.Queries.V1.SortKey;
using MergeKey = OrleansFlow.Arrow.Kernels.SortKey;

namespace OrleansFlow.Worker.Queries.Inputs;

/// <summary>
/// An input of a task. Its sources are read from the start of the task, so that no producer waits for a reader that is not there yet. A text that reads it
/// a second time reads the sources anew, which works where they are materialised, and fails clearly where the rows are gone.
/// </summary>
internal sealed class TaskInputRows : IAsyncDisposable
{
    private readonly QueryTaskHost _host;
    private readonly TaskMeasure _measure;
    private readonly Action<Exception> _onFailed;
    private readonly string? _token;
    private readonly CancellationToken _taskEnded;
    private readonly Lock _gate = new();
    private readonly List<InputReading> _readings = [];
    private InputReading? _first;

    /// <summary>Starts to read.</summary>
    /// <param name="plan">Checked already.</param>
    /// <param name="host">Peers and limits.</param>
    /// <param name="token">The right to the rows.</param>
    /// <param name="measure">Of the task.</param>
    /// <param name="onFailed">Hears why rows cannot be read, before the reader does.</param>
    /// <param name="taskEnded">Ends all readings.</param>
    public TaskInputRows(TaskInput plan, QueryTaskHost host, string? token, TaskMeasure measure, Action<Exception> onFailed, CancellationToken taskEnded)
    {
        Plan = plan;
        _host = host;
        _token = token;
        _measure = measure;
        _onFailed = onFailed;
        _taskEnded = taskEnded;
        if (plan.Sources.Count > 0)
        {
            _first = Start();
        }
    }

    public TaskInput Plan { get; }

    /// <summary>Whether the sources are merged here; otherwise the engine has to sort them.</summary>
    public bool IsMerged => Plan.Order.Count == 0 || Plan.Order.All(key => Plan.ColumnTypes.Count == 0 || CanMerge(Plan.ColumnTypes[key.Column]));

    /// <summary>The columns as the first source says. Only with sources.</summary>
    public Task<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _readings[0].GetSchemaAsync(cancellationToken);
        }
    }

    /// <summary>Reads the rows; the batches are the caller's.</summary>
    public IAsyncEnumerable<RecordBatch> ReadAllAsync()
    {
        if (Plan.Sources.Count == 0)
        {
            return AsyncEnumerable.Empty<RecordBatch>();
        }

        InputReading reading;
        lock (_gate)
        {
            reading = _first ?? Start();
            _first = null;
        }

        // The task's token: the engine's is of one call only, and the rows are read during the calls after it too.
        return reading.ReadAllAsync(_taskEnded);
    }

    public async ValueTask DisposeAsync()
    {
        InputReading[] readings;
        lock (_gate)
        {
            readings = [.. _readings];
            _readings.Clear();
        }

        foreach (var reading in readings)
        {
            await reading.DisposeAsync();
        }
    }

    /// <summary>Types whose values the merge orders as the engine does. By name, because it is decided before the first row comes.</summary>
    private static bool CanMerge(string type) => type is "BOOLEAN" or "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT"
        or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "FLOAT" or "DOUBLE" or "VARCHAR" or "BLOB" or "DATE" or "TIME"
        or "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS" or "TIMESTAMP WITH TIME ZONE"
        || type.StartsWith("DECIMAL(", StringComparison.Ordinal);

    private static MergeKey ToMergeKey(InputSortKey key) => new(key.Column, key.Descending, key.NullsFirst);

    private InputReading Start()
    {
        MergeKey[] order = IsMerged ? [.. Plan.Order.Select(ToMergeKey)] : [];
        var reading = new InputReading([.. Plan.Sources.Select(Opening)], order, _host.Options.ReadAheadBatches, _measure, _host.Clock, _onFailed, _taskEnded);
        _readings.Add(reading);
        return reading;
    }

    private Func<CancellationToken, Task<FlightStream>> Opening(InputSource source) => token => _host.Peers.OpenAsync(source, _token, token);
}
