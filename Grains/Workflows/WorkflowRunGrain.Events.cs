using Orleans.Streams;
using OrleansFlow.Events;
using OrleansFlow.Grains.Events;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What others are told on the stream of run events, where the silo publishes events.</content>
internal sealed partial class WorkflowRunGrain
{
    private readonly FlowEvents? _events;
    private FactOutbox<RunFact>? _facts;

    private void Publish(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events)
    {
        if (_events is null)
        {
            return;
        }

        _facts ??= new FactOutbox<RunFact>(
            this.GetStreamProvider(FlowStreams.Provider).GetStream<RunFact>(FlowStreams.RunEvents, _id.Value),
            _clock,
            exception => LogFactsNotPublished(exception, _id),
            _stopped);
        _facts.Add(WorkflowFacts.Of(_id, state, events));
        _facts.Release();
    }

    /// <summary>What the last commits before a crash told may not have been published; a fact that comes twice has the same sequence.</summary>
    private void PublishAgain()
    {
        if (_events is not null && Committed is { } state && _store.Tail is { Count: > 0 } tail)
        {
            Publish(state, tail);
        }
    }
}
