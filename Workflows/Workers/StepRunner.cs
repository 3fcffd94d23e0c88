using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>Does the steps of one definition, and keeps the contexts of the runs that it has served lately, so that a step costs what was committed since.</summary>
internal sealed class StepRunner<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> definition, JsonSerializerOptions? json) : IStepRunner
    where TContext : IMergeable<TContext>
{
    /// <summary>Runs whose context is kept.</summary>
    private const int KeptRuns = 1_024;

    /// <summary>So many deltas are worth a snapshot.</summary>
    private const int FoldAfter = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Run, long Version, TContext Context)>> _byRun = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Run, long Version, TContext Context)> _byUse = [];

    public CompiledWorkflow Compiled => definition.Compiled;

    public async ValueTask<StepOutcome> RunAsync(WorkLease lease, WorkerSettings settings, CancellationToken cancellationToken)
    {
        var context = ContextOf(lease);
        if (lease.Item.IsQuery)
        {
            return new StepOutcome { Result = definition.Query(lease.Item.Update!, lease.Item.Input, context, json) };
        }

        var scope = settings.Services?.CreateAsyncScope();
        StepOutcome outcome;
        try
        {
            var options = new StepOptions { Time = settings.Time, Json = json, Services = scope?.ServiceProvider, RunId = lease.Token.Run.Value, Logger = settings.Logger };
            outcome = await definition.ExecuteAsync(lease.Item, context, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (scope is { } opened)
            {
                await opened.DisposeAsync().ConfigureAwait(false);
            }
        }

        return lease.Context.Deltas.Count >= FoldAfter
            ? outcome with { Fold = new ContextFold(lease.Context.Version, new Payload(JsonSerializer.SerializeToUtf8Bytes(context, json))) }
            : outcome;
    }

    private TContext ContextOf(WorkLease lease)
    {
        var (run, stored) = (lease.Token.Run.Value, lease.Context);
        var known = Find(run);
        var (context, done) = known is { } kept && kept.Version >= stored.SnapshotVersion && kept.Version <= stored.Version
            ? (kept.Context, kept.Version)
            : (Read(stored.Snapshot), stored.SnapshotVersion);
        for (var place = (int)(done - stored.SnapshotVersion); place < stored.Deltas.Count; place++)
        {
            context = context.Merge(Read(stored.Deltas[place]));
        }

        if (stored.Version > 0)
        {
            Keep(run, stored.Version, context);
        }

        return context;
    }

    private (long Version, TContext Context)? Find(string run)
    {
        lock (_gate)
        {
            return _byRun.TryGetValue(run, out var node) ? (node.Value.Version, node.Value.Context) : null;
        }
    }

    private void Keep(string run, long version, TContext context)
    {
        lock (_gate)
        {
            if (_byRun.Remove(run, out var known))
            {
                _byUse.Remove(known);
            }
            else if (_byRun.Count == KeptRuns)
            {
                _byRun.Remove(_byUse.Last!.Value.Run);
                _byUse.RemoveLast();
            }

            _byRun[run] = _byUse.AddFirst((run, version, context));
        }
    }

    private TContext Read(Payload payload) => payload.IsDefault ? TContext.Empty : JsonSerializer.Deserialize<TContext>(payload.Utf8.Span, json)!;
}
