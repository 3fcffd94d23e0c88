using Orleans.Streams;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Events;
using OrleansFlow.Grains.Events;

namespace OrleansFlow.Grains.Graphs;

/// <content>What others are told on a stream, where the silo publishes events.</content>
internal sealed partial class GraphRunGrain
{
    private readonly FlowEvents? _events;
    private FactOutbox<RunFact>? _facts;

    /// <summary>Takes up the facts that an earlier activation stored and did not know as published.</summary>
    private void StartFacts()
    {
        if (_events is null)
        {
            return;
        }

        var stream = this.GetStreamProvider(FlowStreams.Provider).GetStream<RunFact>(FlowStreams.RunEvents, _id.Value);
        _facts = new FactOutbox<RunFact>(stream, _clock, exception => LogFactsNotPublished(exception, _id), _stopped);
        _facts.Add(_store.Facts.Select(row => row.ToFact(_id)));
        _facts.Release();
    }

    /// <summary>Puts the facts of a commit into it, with those before that are not known as published.</summary>
    private void StageFacts(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        if (_facts is { } facts)
        {
            facts.Add(RunFacts.Of(state, events));
            _store.Facts = [.. facts.Waiting.Select(RunFactRow.Of)];
        }
    }
}
