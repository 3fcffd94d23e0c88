using OrleansFlow.Engine.Functions;
using OrleansFlow.Sql.Planning;

namespace OrleansFlow.Worker.Queries;

/// <summary>
/// What queries may name besides the engine's own: functions in C#, nodes, the codecs that carry nodes, and options. Declare it once and add it to the silo, which plans with
/// it, and to every worker, which runs it: <see cref="QueryWorkerHosting.AddQueryExtensions"/> on the services of both. Immutable.
/// </summary>
public sealed class QueryExtensions
{
    private readonly HashSet<string> _functionNames;

    private QueryExtensions(
        IReadOnlyList<EngineFunction> functions, IReadOnlyList<CallFunction> nodes, IReadOnlyList<IPlanCodec> codecs, IReadOnlyList<string> configOptions)
    {
        Functions = functions;
        Nodes = nodes;
        Codecs = codecs;
        ConfigOptions = configOptions;
        _functionNames = functions.Select(function => function.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Nothing yet.</summary>
    public static QueryExtensions None { get; } = new([], [], [], []);

    /// <summary>Functions in C#.</summary>
    public IReadOnlyList<EngineFunction> Functions { get; }

    /// <summary>Nodes that a query calls in FROM.</summary>
    public IReadOnlyList<CallFunction> Nodes { get; }

    /// <summary>Codecs in the order in which they are tried.</summary>
    public IReadOnlyList<IPlanCodec> Codecs { get; }

    /// <summary>Options of queries that the session builder reads.</summary>
    public IReadOnlyList<string> ConfigOptions { get; }

    /// <summary>Names of <see cref="Functions"/>, each once.</summary>
    internal IEnumerable<string> FunctionNames => _functionNames.Order(StringComparer.OrdinalIgnoreCase);

    /// <summary>With more functions.</summary>
    /// <param name="functions">Scalar functions and aggregates run wherever the rows are; aggregates have all rows of a group in one task; table functions run in one task.</param>
    public QueryExtensions WithFunctions(params IReadOnlyList<EngineFunction> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return new([.. Functions, .. functions], Nodes, Codecs, ConfigOptions);
    }

    /// <summary>With a node that a query calls as <c>FROM name(...)</c>. One of the codecs has to encode it (<see cref="IPlanCodec.TryEncode"/>).</summary>
    public QueryExtensions WithNode(CallFunction node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return new(Functions, [.. Nodes, node], Codecs, ConfigOptions);
    }

    /// <summary>With a codec, tried behind the others.</summary>
    public QueryExtensions WithCodec(IPlanCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        return new(Functions, Nodes, [.. Codecs, codec], ConfigOptions);
    }

    /// <summary>With an option of queries that is for the session builder and not for the engine.</summary>
    public QueryExtensions WithConfigOption(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new(Functions, Nodes, Codecs, [.. ConfigOptions, name]);
    }

    /// <summary>With all that another declaration has.</summary>
    public QueryExtensions With(QueryExtensions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new([.. Functions, .. other.Functions], [.. Nodes, .. other.Nodes], [.. Codecs, .. other.Codecs], [.. ConfigOptions, .. other.ConfigOptions]);
    }

    internal bool HasFunction(string name) => _functionNames.Contains(name);

    /// <exception cref="ArgumentException">Two nodes, or a node and a function, have the same name.</exception>
    internal void ThrowIfWrong()
    {
        var names = new HashSet<string>(_functionNames, StringComparer.OrdinalIgnoreCase);
        if (Nodes.FirstOrDefault(node => !names.Add(node.Name)) is { } twice)
        {
            throw new ArgumentException($"The node '{twice.Name}' has the name of another node or function; give it a name of its own.");
        }
    }

    /// <summary>Encodes a part of a node by the first codec that knows it; null: none does.</summary>
    internal ReadOnlyMemory<byte>? TryEncode(PlanNodeCall call)
    {
        foreach (var codec in Codecs)
        {
            if (codec.TryEncode(call) is { } body)
            {
                return body;
            }
        }

        return null;
    }
}
