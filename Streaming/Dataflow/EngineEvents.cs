using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What an engine says, in a bounded queue: whoever says something waits until there is room, or until nobody listens any more.</summary>
internal sealed class EngineEvents(JobContext context, TimeProvider clock, int capacity, CancellationToken closing)
{
    private readonly Channel<WorkerEvent> _events = Channel.CreateBounded<WorkerEvent>(capacity);

    public ChannelReader<WorkerEvent> Reader => _events.Reader;

    public async ValueTask TellAsync(WorkerEvent said)
    {
        said.Context = context;
        said.Time = Timestamp.FromDateTimeOffset(clock.GetUtcNow());
        try
        {
            await _events.Writer.WriteAsync(said, closing);
        }
        catch (OperationCanceledException)
        {
            // The engine is being disposed; the job hears of that elsewhere.
        }
        catch (ChannelClosedException)
        {
            // As above.
        }
    }

    /// <summary>As <see cref="TellAsync"/>, also while the engine is being disposed; lost when the queue is full.</summary>
    public void TryTell(WorkerEvent said)
    {
        said.Context = context;
        said.Time = Timestamp.FromDateTimeOffset(clock.GetUtcNow());
        _events.Writer.TryWrite(said);
    }

    public void Complete() => _events.Writer.TryComplete();
}
