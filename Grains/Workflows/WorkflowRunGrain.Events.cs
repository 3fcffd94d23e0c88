using Orleans.Streams;
using OrleansFlow.Events;
using OrleansFlow.Grains.Events;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What others are told on the stream of run events, where the silo publishes events.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>A stream that takes nothing for so long holds up the index, and with it listings, no longer.</summary>
    private static readonly TimeSpan PublishingMost = TimeSpan.FromSeconds(10);

    private readonly FlowEvents? _events;
    private FactOutbox<RunFact>? _facts;

    /// <summary>The run as far as its facts went out.</summary>
    private WorkflowRunState? _told;

    /// <summary>Facts that an earlier activation stored and may not have published; null when there are none.</summary>
    private List<RunFact>? _untold;

    private FactOutbox<RunFact> Facts => _facts ??= new FactOutbox<RunFact>(
        this.GetStreamProvider(FlowStreams.Provider).GetStream<RunFact>(FlowStreams.RunEvents, _id.Value),
        _clock,
        exception => LogFactsNotPublished(exception, _id),
        _stopped);

    /// <summary>A run begins, or was read: what its last commits told may not have been published; a fact that comes twice has the same sequence.</summary>
    private void BeginFacts(WorkflowRunState state)
    {
        if (_events is null)
        {
            return;
        }

        _told = state;
        if (_store.BeforeTail is { } before)
        {
            _untold = [.. _store.Facts.Select(row => row.ToFact(_id) with { IsWorkflow = true }), .. WorkflowFacts.Of(_id, before, _store.Tail)];
        }

        _store.Untold = events =>
        {
            // The rows of these events are not read again once a snapshot stands behind them.
            PublishUntold();
            return [.. Facts.Waiting.Concat(WorkflowFacts.Of(_id, _told, events)).Select(RunFactRow.Of)];
        };
    }

    private void Publish(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events)
    {
        if (_events is null)
        {
            return;
        }

        PublishUntold();
        Facts.Add(WorkflowFacts.Of(_id, _told!, events));
        _told = state;
        Facts.Release();
    }

    /// <summary>Before anything newer: whoever counts takes only sequences above the last one seen.</summary>
    private void PublishUntold()
    {
        if (_untold is { } untold)
        {
            _untold = null;
            Facts.Add(untold);
            Facts.Release();
        }
    }

    /// <summary>Waits until what was told is published: the index calls a run that it knows to go on after a crash, and so it is told of rests and ends after others.</summary>
    private async Task WhenPublishedAsync()
    {
        if (_facts?.Publishing is { IsCompleted: false } publishing)
        {
            try
            {
                await publishing.WaitAsync(PublishingMost, _clock, _stopped);
            }
            catch (TimeoutException)
            {
                // Logged by the outbox. It goes on trying while the activation lives.
            }
        }
    }
}
