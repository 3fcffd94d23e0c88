using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Testing;

/// <summary>A workflow in a test's cluster: starts runs of it, sends them signals, and looks at them.</summary>
/// <remarks>While one of its methods waits, the cluster's clock jumps from timer to timer: sleeps and retry waits cost nothing.</remarks>
/// <typeparam name="TIn">The input of a run.</typeparam>
/// <typeparam name="TOut">The output of a run.</typeparam>
/// <typeparam name="TContext">What a run's steps share.</typeparam>
public sealed class TestWorkflow<TIn, TOut, TContext>
    where TContext : IMergeable<TContext>
{
    private readonly FlowTestCluster _cluster;
    private readonly WorkflowDefinition<TIn, TOut, TContext> _definition;

    internal TestWorkflow(FlowTestCluster cluster, WorkflowDefinition<TIn, TOut, TContext> definition) => (_cluster, _definition) = (cluster, definition);

    /// <summary>Runs the workflow to its end.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="input">Its input.</param>
    /// <param name="cancellationToken">Gives up; the run goes on.</param>
    /// <exception cref="FlowException"><c>already_exists</c>: the id stands for another run.</exception>
    public async Task<TestWorkflowRun<TOut, TContext>> RunAsync(string run, TIn input, CancellationToken cancellationToken)
    {
        await StartAsync(run, input, cancellationToken);
        return await WhenEndedAsync(run, cancellationToken);
    }

    /// <summary>Starts a run.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="input">Its input.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>True when the run is new.</returns>
    /// <exception cref="FlowException"><c>already_exists</c>: the id stands for another run.</exception>
    public Task<bool> StartAsync(string run, TIn input, CancellationToken cancellationToken) => StartAsync(run, TContext.Empty, input, cancellationToken);

    /// <summary>Starts a run with a context.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="context">The context to begin with.</param>
    /// <param name="input">Its input.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>True when the run is new.</returns>
    /// <exception cref="FlowException"><c>already_exists</c>: the id stands for another run.</exception>
    public Task<bool> StartAsync(string run, TContext context, TIn input, CancellationToken cancellationToken)
    {
        var compiled = _definition.Compiled;
        return _cluster.WhenAsync(
            async () =>
            {
                // Again and again, as a client does whose calls meet a state that the test lets fail.
                await _cluster.RepeatAsync(() => _cluster.Grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(compiled.Name, compiled.Version))
                    .RegisterAsync(new Payload(compiled.ToUtf8()), cancellationToken));
                return await _cluster.RepeatAsync(() => Grain(run).StartAsync(
                    new WorkflowStart { Workflow = compiled.Name, Version = compiled.Version, Hash = compiled.Hash, Context = Write(context), Input = Write(input) }, cancellationToken));
            },
            cancellationToken);
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="name">Name of the signal.</param>
    /// <param name="value">What it carries.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <param name="id">By which a repeated one is recognised; null: each one counts.</param>
    /// <returns>False when one with that id was taken before.</returns>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>.</exception>
    public Task<bool> SignalAsync<T>(string run, string name, T value, CancellationToken cancellationToken, string? id = null) =>
        _cluster.WhenAsync(() => Grain(run).SignalAsync(name, Write(value), id, cancellationToken), cancellationToken);

    /// <summary>Pauses, resumes or cancels a run.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="steer">What is asked.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>; <c>bad_input</c>.</exception>
    public Task<WorkflowRunView> SteerAsync(string run, WorkflowSteer steer, CancellationToken cancellationToken) =>
        _cluster.WhenAsync(() => Grain(run).SteerAsync(new WorkflowSteering(steer, "the test"), cancellationToken), cancellationToken);

    /// <summary>Waits for the end of a run. All waits of the run pass on the way, also those for a signal that have a time.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<TestWorkflowRun<TOut, TContext>> WhenEndedAsync(string run, CancellationToken cancellationToken)
    {
        var view = await _cluster.WhenAsync(() => ReadToEndAsync(run, cancellationToken), cancellationToken);
        return new TestWorkflowRun<TOut, TContext>(
            view, OutputsOf(view), await ReadContextAsync(run, cancellationToken), await ReadErrorsAsync(run, cancellationToken));
    }

    /// <summary>The context of a run, as it is now.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<TContext> ReadContextAsync(string run, CancellationToken cancellationToken)
    {
        var view = await _cluster.WhenAsync(() => _cluster.RepeatAsync(() => Grain(run).GetContextAsync(cancellationToken)), cancellationToken);
        return view.Deltas.Aggregate(Read(view.Snapshot), (context, delta) => context.Merge(Read(delta)));

        static TContext Read(Payload payload) => payload.IsDefault ? TContext.Empty : JsonSerializer.Deserialize<TContext>(payload.Utf8.Span)!;
    }

    /// <summary>What a run has to do or waits for, the oldest first, as <c>NODE STATUS</c>; empty when it has ended.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<IReadOnlyList<string>> ReadItemsAsync(string run, CancellationToken cancellationToken)
    {
        var items = await _cluster.WhenAsync(() => _cluster.RepeatAsync(() => Grain(run).GetItemsAsync(0, 1_000, cancellationToken)), cancellationToken);
        return [.. items.Select(item => $"{item.Node} {item.Status}")];
    }

    /// <summary>The events of a run so far, all of them, in order.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<IReadOnlyList<WorkflowRunEvent>> ReadHistoryAsync(string run, CancellationToken cancellationToken)
    {
        List<WorkflowRunEvent> events = [];
        for (var (after, more) = (-1L, true); more;)
        {
            var page = await _cluster.WhenAsync(() => _cluster.RepeatAsync(() => Grain(run).GetHistoryAsync(after, 1_000, cancellationToken)), cancellationToken);
            events.AddRange(page.Commits.SelectMany(commit => WorkflowEventJson.Read(commit.Utf8)));
            (after, more) = (page.First + page.Commits.Count - 1, page.HasMore);
        }

        return events;
    }

    private async Task<IReadOnlyList<WorkflowErrorView>> ReadErrorsAsync(string run, CancellationToken cancellationToken) =>
        await _cluster.WhenAsync(() => _cluster.RepeatAsync(() => Grain(run).GetErrorsAsync(cancellationToken)), cancellationToken);

    private async Task<WorkflowRunView> ReadToEndAsync(string run, CancellationToken cancellationToken)
    {
        while (true)
        {
            var ended = await _cluster.RepeatAsync(async () =>
            {
                WorkflowRunView? last = null;
                await foreach (var view in Grain(run).WatchEndAsync(cancellationToken))
                {
                    last = view;
                }

                return last;
            });
            if (ended is not null)
            {
                return ended;
            }
        }
    }

    private List<TOut> OutputsOf(WorkflowRunView view)
    {
        if (view.Status != WorkflowRunStatus.Completed)
        {
            return [];
        }

        return _definition.Compiled.Output == Workflows.Definitions.OutputRule.List
            ? JsonSerializer.Deserialize<List<TOut>>(view.Output.Utf8.Span)!
            : [JsonSerializer.Deserialize<TOut>(view.Output.Utf8.Span)!];
    }

    private IWorkflowRunGrain Grain(string run) => _cluster.Grains.GetGrain<IWorkflowRunGrain>(run);

    private static Payload Write<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value));
}
