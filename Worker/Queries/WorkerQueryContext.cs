using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>What a session builder gets for one plan: the engine's session, ready for changes, and what came with the plan.</summary>
public sealed class WorkerQueryContext
{
    private readonly EngineSession? _engine;
    private readonly List<IPlanCodec> _codecs = [];
    private readonly List<string> _functions = [];

    internal WorkerQueryContext(EngineSession session, TaskPlan plan, IServiceProvider services)
    {
        _engine = session;
        QueryId = plan.Key.QueryId;
        Headers = new SortedDictionary<string, string>(plan.Headers, StringComparer.OrdinalIgnoreCase);
        Config = new SortedDictionary<string, string>(plan.Config, StringComparer.OrdinalIgnoreCase);
        Services = services;
    }

    /// <summary>For a node that is decoded in the gateway, where the session is busy with the query.</summary>
    internal WorkerQueryContext(string queryId, IReadOnlyDictionary<string, string> headers, IServiceProvider services)
    {
        QueryId = queryId;
        Headers = new SortedDictionary<string, string>(headers.ToDictionary(), StringComparer.OrdinalIgnoreCase);
        Config = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
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

    /// <summary>Names of the functions that were added.</summary>
    internal IReadOnlyList<string> FunctionNames => _functions;

    private EngineSession Session => _engine ?? throw new FlowException(
        FlowErrorCode.Unsupported, "This query runs in the gateway, where a codec has no session of the engine. It runs on workers when there are some.");

    /// <summary>Runs statements in the session. What is not TEMP is seen by all tasks of the worker, as they share one database.</summary>
    /// <exception cref="EngineException">The engine refused one.</exception>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => Session.ExecuteAsync(sql, null, cancellationToken);

    /// <summary>Changes a setting of the session.</summary>
    /// <exception cref="EngineException">There is none of that name, it is one of the whole engine, or the value is wrong.</exception>
    public Task SetAsync(string name, string value, CancellationToken cancellationToken) =>
        Session.ExecuteAsync($"SET SESSION {EngineText.Quote(name)} = {EngineText.Literal(value)}", null, cancellationToken);

    /// <summary>Makes a view of a query; it ends with the task.</summary>
    public Task AddViewAsync(string name, string sql, CancellationToken cancellationToken) =>
        Session.ExecuteAsync($"CREATE OR REPLACE TEMP VIEW {EngineText.Quote(name)} AS {sql}", null, cancellationToken);

    /// <summary>Makes batches readable as a view; it ends with the task.</summary>
    /// <param name="name">Name of the view.</param>
    /// <param name="schema">Columns of all batches, at least one.</param>
    /// <param name="batches">The rows; stay the caller's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task AddTableAsync(string name, ArrowSchema schema, IEnumerable<RecordBatch> batches, CancellationToken cancellationToken) =>
        Session.RegisterBatchesAsync(name, schema, batches, cancellationToken);

    /// <summary>Makes a stream readable as a view; it ends with the task.</summary>
    /// <param name="name">Name of the view.</param>
    /// <param name="schema">Columns of all batches, at least one.</param>
    /// <param name="open">Called once per scan; the engine disposes each batch that it takes.</param>
    /// <param name="cancellationToken">Ends the registration.</param>
    public Task AddStreamAsync(string name, ArrowSchema schema, Func<CancellationToken, IAsyncEnumerable<RecordBatch>> open, CancellationToken cancellationToken) =>
        Session.RegisterStreamAsync(name, schema, open, cancellationToken);

    /// <summary>Attaches a database file under a name, for reading; once per worker, so that the tasks that come later find it attached.</summary>
    /// <exception cref="EngineException">The file is no database, or cannot be read.</exception>
    public Task AttachAsync(string path, string name, CancellationToken cancellationToken) =>
        Session.ExecuteAsync($"ATTACH IF NOT EXISTS {EngineText.Literal(path)} AS {EngineText.Quote(name)} (READ_ONLY)", null, cancellationToken);

    /// <summary>
    /// Makes functions callable in this session, and only there; they hide those of the same names. A query can name only functions that the silo knows too
    /// (<see cref="QueryExtensions"/>): here another body is given to one, as for a tenant. See <see cref="EngineSession.RegisterFunctionsAsync"/> for what such functions cannot do.
    /// </summary>
    /// <exception cref="ArgumentException">Names clash, or belong to the product.</exception>
    /// <exception cref="EngineException">The engine refused one.</exception>
    public async Task AddFunctionsAsync(IReadOnlyList<EngineFunction> functions, CancellationToken cancellationToken)
    {
        await Session.RegisterFunctionsAsync(functions, cancellationToken);
        _functions.AddRange(functions.Select(function => function.Name));
    }

    /// <summary>Adds a codec for this plan's nodes; those of the host are tried before it.</summary>
    public void AddCodec(IPlanCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        _codecs.Add(codec);
    }
}
