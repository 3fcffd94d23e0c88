using Orleans.Streams;
using OrleansFlow.Events;

namespace OrleansFlow.Tests.Grains.Docs;

/// <summary>The example of <c>docs/grains.md</c>.</summary>
public interface IRunAlarmGrain : IGrainWithStringKey;

[ImplicitStreamSubscription(FlowStreams.RunEvents)]
public sealed class RunAlarmGrain : Grain, IRunAlarmGrain
{
    private long _seen;

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        this.GetStreamProvider(FlowStreams.Provider).GetStream<RunFact>(FlowStreams.RunEvents, this.GetPrimaryKeyString()).SubscribeAsync(OnFactAsync);

    private Task OnFactAsync(RunFact fact, StreamSequenceToken? token)
    {
        if (fact.Sequence > _seen)
        {
            // Once for each fact.
            _seen = fact.Sequence;
        }

        return Task.CompletedTask;
    }
}
