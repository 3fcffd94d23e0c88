using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>All that was declared for queries, as the gateway needs it: to plan, to encode, and to run a query in its own process.</summary>
internal sealed class GatewayExtensions
{
    private readonly QueryExtensions _all;
    private readonly IServiceProvider _services;

    /// <exception cref="ArgumentException">Names clash.</exception>
    public GatewayExtensions(IEnumerable<QueryExtensions> declared, IEnumerable<IPlanCodec> codecs, IServiceProvider services)
    {
        _all = declared.Aggregate(QueryExtensions.None, (all, one) => all.With(one));
        _all = codecs.Aggregate(_all, (all, one) => all.WithCodec(one));
        _all.ThrowIfWrong();
        _services = services;
        LocalFunctions = [.. _all.Functions, .. _all.Nodes.Select(ToLocal)];
    }

    /// <summary>What the planner knows.</summary>
    public QueryFunctions Planned => new() { Functions = _all.Functions, Calls = _all.Nodes };

    /// <summary>What statements in this process may call; nodes are made here too.</summary>
    public IReadOnlyList<EngineFunction> LocalFunctions { get; }

    /// <summary>Options of queries that callers may set.</summary>
    public IReadOnlyList<string> ConfigOptions => _all.ConfigOptions;

    /// <summary>Whether a text may call a node: it names one.</summary>
    public bool MayCallNodes(string sql) => _all.Nodes.Any(node => sql.Contains(node.Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Encodes a part of a node.</summary>
    /// <exception cref="FlowException"><c>unsupported</c>: no codec encodes it.</exception>
    public ReadOnlyMemory<byte> Encode(PlanNodeCall call) => _all.TryEncode(call) ?? throw new FlowException(
        FlowErrorCode.Unsupported, $"No codec of the silo encodes the node '{call.Name}'. Add one whose {nameof(IPlanCodec.TryEncode)} knows it.");

    private EngineFunction ToLocal(CallFunction node) => EngineFunction.Table(
        node.Name,
        node.Parameters,
        arguments =>
        {
            var shape = node.Describe(arguments);
            return new TableRows(shape.Schema, token => ReadAsync(new PlanNodeCall(node.Name, arguments, 0, 1), token)) { EstimatedRowCount = shape.EstimatedRowCount };
        });

    private async IAsyncEnumerable<RecordBatch> ReadAsync(PlanNodeCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var body = Encode(call);
        var context = new WorkerQueryContext("gateway", new Dictionary<string, string>(), _services);
        foreach (var codec in _all.Codecs)
        {
            if (await codec.TryDecodeAsync(call.Name, body, context, cancellationToken) is { } rows)
            {
                await foreach (var batch in rows.Open(cancellationToken).WithCancellation(cancellationToken))
                {
                    yield return batch;
                }

                yield break;
            }
        }

        throw new FlowException(FlowErrorCode.Unsupported, $"No codec of the silo decodes the node '{call.Name}'.");
    }
}
