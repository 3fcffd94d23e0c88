using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>What a session builder gets for one plan: the engine's session, ready for changes, and what came with the plan.</summary>
public sealed class WorkerQueryContext
{
    private readonly EngineSession _session;
    private readonly List<IPlanCodec> _codecs = [];

    internal WorkerQueryContext(EngineSession session, TaskPlan plan, IServiceProvider services)
    {
        _session = session;
        QueryId = plan.Key.QueryId;
        Headers = new SortedDictionary<string, string>(plan.Headers, StringComparer.OrdinalIgnoreCase);
        Config = new SortedDictionary<string, string>(plan.Config, StringComparer.OrdinalIgnoreCase);
        Services = services;
    }

    /// <summary>Id of the query.</summary>
    public string QueryId { get; }

    /// <summary>What the caller of the query sent along; names without regard to case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Options of the query: the declared ones, and those that went to the engine already.</summary>
    public IReadOnlyDictionary<string, string> Config { get; }

    /// <summary>Services of the host.</summary>
    public IServiceProvider Services { get; }

    internal IReadOnlyList<IPlanCodec> Codecs => _codecs;

    /// <summary>Runs statements in the session. What is not TEMP is seen by all tasks of the worker, as they share one database.</summary>
    /// <exception cref="EngineException">The engine refused one.</exception>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => _session.ExecuteAsync(sql, null, cancellationToken);

    /// <summary>Changes a setting of the session.</summary>
    /// <exception cref="EngineException">There is none of that name, it is one of the whole engine, or the value is wrong.</exception>
    public Task SetAsync(string name, string value, CancellationToken cancellationToken) =>
        _session.ExecuteAsync($"SET SESSION {EngineText.Quote(name)} = {EngineText.Literal(value)}", null, cancellationToken);

    /// <summary>Makes a view of a query; it ends with the task.</summary>
    public Task AddViewAsync(string name, string sql, CancellationToken cancellationToken) =>
        _session.ExecuteAsync($"CREATE OR REPLACE TEMP VIEW {EngineText.Quote(name)} AS {sql}", null, cancellationToken);

    /// <summary>Makes batches readable as a view; it ends with the task.</summary>
    /// <param name="name">Name of the view.</param>
    /// <param name="schema">Columns of all batches, at least one.</param>
    /// <param name="batches">The rows; stay the caller's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task AddTableAsync(string name, ArrowSchema schema, IEnumerable<RecordBatch> batches, CancellationToken cancellationToken) =>
        _session.RegisterBatchesAsync(name, schema, batches, cancellationToken);

    /// <summary>Makes a stream readable as a view; it ends with the task.</summary>
    /// <param name="name">Name of the view.</param>
    /// <param name="schema">Columns of all batches, at least one.</param>
    /// <param name="open">Called once per scan; the engine disposes each batch that it takes.</param>
    /// <param name="cancellationToken">Ends the registration.</param>
    public Task AddStreamAsync(string name, ArrowSchema schema, Func<CancellationToken, IAsyncEnumerable<RecordBatch>> open, CancellationToken cancellationToken) =>
        _session.RegisterStreamAsync(name, schema, open, cancellationToken);

    /// <summary>Attaches a database file under a name, for reading; once per worker, so that the tasks that come later find it attached.</summary>
    /// <exception cref="EngineException">The file is no database, or cannot be read.</exception>
    public Task AttachAsync(string path, string name, CancellationToken cancellationToken) =>
        _session.ExecuteAsync($"ATTACH IF NOT EXISTS {EngineText.Literal(path)} AS {EngineText.Quote(name)} (READ_ONLY)", null, cancellationToken);

    /// <summary>Adds a codec for this plan's nodes; those of the host are tried before it.</summary>
    public void AddCodec(IPlanCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        _codecs.Add(codec);
    }
}
