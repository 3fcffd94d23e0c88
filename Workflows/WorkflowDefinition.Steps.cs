using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <content>What a worker does with it: steps, queries and updates.</content>
public sealed partial class WorkflowDefinition<TIn, TOut, TContext>
{
    /// <summary>True where a node may ask the services for something.</summary>
    internal bool NeedsServices => _nodes.Any(node => node.NeedsServices);

    /// <summary>Does one leased item, as a worker: calls its node and writes down what is to be committed. Changes nothing itself.</summary>
    /// <param name="item">The item as it was leased.</param>
    /// <param name="context">The context as it was read for this step; see <see cref="ReadContext"/>.</param>
    /// <param name="time">The clock of stamps, sleeps and time limits.</param>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Cancelled when the run is or the lease was lost.</param>
    /// <returns>To be presented as <see cref="WorkflowCommand.Commit"/>.</returns>
    /// <remarks>An exception is a failed attempt: present <see cref="WorkflowCommand.Fail"/>.</remarks>
    public ValueTask<StepOutcome> ExecuteAsync(
        WorkItem item, TContext context, TimeProvider time, JsonSerializerOptions? json = null, CancellationToken cancellationToken = default) =>
        ExecuteAsync(item, context, new StepOptions { Time = time, Json = json }, cancellationToken);

    /// <summary>Does one leased item, as a worker: calls its node and writes down what is to be committed. Changes nothing itself.</summary>
    /// <param name="item">The item as it was leased.</param>
    /// <param name="context">The context as it was read for this step; see <see cref="ReadContext"/>.</param>
    /// <param name="options">Clock, payloads and services.</param>
    /// <param name="cancellationToken">Cancelled when the run is or the lease was lost.</param>
    /// <returns>To be presented as <see cref="WorkflowCommand.Commit"/>.</returns>
    /// <remarks>An exception is a failed attempt: present <see cref="WorkflowCommand.Fail"/>.</remarks>
    public async ValueTask<StepOutcome> ExecuteAsync(WorkItem item, TContext context, StepOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(options);
        var clock = new HybridClock(new WriterId(item.Lane.ToString(CultureInfo.InvariantCulture)), options.Time);
        var scope = new NodeScope<TContext>(context, clock, options.Time)
        {
            RunId = options.RunId,
            Item = item.Id,
            Attempt = item.Attempts,
            Services = options.Services,
            Json = options.Json,
            Logger = options.Logger,
            Wake = item.Signal is null && item.Saved.IsDefault && item.Children.IsEmpty ? null : new NodeWake
            {
                Signal = item.Signal,
                HasSignal = item.HasSignal,
                SignalPayload = item.SignalPayload,
                SavedPayload = item.Saved,
                Children = item.Children,
            },
        };
        var outcome = item.Update is { } update
            ? await UpdateAsync(update, item.Input, scope, cancellationToken).ConfigureAwait(false)
            : await StepAsync(item, scope, options, cancellationToken).ConfigureAwait(false);
        return Changed(context, scope, outcome, options.Json);
    }

    /// <summary>Answers a question about a run's context.</summary>
    /// <param name="name">The query's name.</param>
    /// <param name="argument">What is asked with; <c>default</c> for nothing.</param>
    /// <param name="context">The context; see <see cref="ReadContext"/>.</param>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>: the definition has no such query; <see cref="FlowErrorCode.BadInput"/>: the argument is of another form.</exception>
    public Payload Query(string name, Payload argument, TContext context, JsonSerializerOptions? json = null)
    {
        foreach (var query in _queries)
        {
            if (query.Name == name)
            {
                return query.Ask(argument, context, json);
            }
        }

        throw Unknown("query", name, Compiled.Queries);
    }

    private async ValueTask<StepOutcome> UpdateAsync(string name, Payload argument, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        foreach (var update in _updates)
        {
            if (update.Name == name)
            {
                return new StepOutcome { Result = await update.ApplyAsync(argument, scope, cancellationToken).ConfigureAwait(false) };
            }
        }

        throw Unknown("update", name, Compiled.Updates);
    }

    private ValueTask<StepOutcome> StepAsync(WorkItem item, NodeScope<TContext> scope, StepOptions options, CancellationToken cancellationToken)
    {
        var node = _nodes[item.Node];
        scope.Node = node.Name;
        return node.ExecuteAsync(new StepExecution<TContext>(Compiled.Nodes[item.Node], node.Edges, item, scope, options), cancellationToken);
    }

    /// <summary>What the step did beside its transition: to the context, and what it asked for.</summary>
    private static StepOutcome Changed(TContext before, NodeScope<TContext> scope, StepOutcome outcome, JsonSerializerOptions? json)
    {
        if (!ReferenceEquals(scope.Effects, StepEffects.None))
        {
            outcome = outcome with
            {
                Children = [.. outcome.Children, .. scope.Effects.Children.Select(child => child.ToOrder(isAwaited: false, json))],
                Attributes = scope.Effects.Attributes,
            };
        }

        var delta = scope.Context.DeltaSince(before);
        return EqualityComparer<TContext>.Default.Equals(delta, TContext.Empty)
            ? outcome
            : outcome with { Delta = new Payload(JsonSerializer.SerializeToUtf8Bytes(delta, json)) };
    }

    private FlowException Unknown(string kind, string name, ImmutableArray<string> names) => new(
        FlowErrorCode.NotFound,
        $"Version {Compiled.Version} of workflow '{Compiled.Name}' has no {kind} '{name}'; it has {(names.IsEmpty ? "none" : string.Join(", ", names))}.");
}
