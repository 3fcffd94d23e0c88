using System.Threading.Channels;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Worker.Jobs;

/// <summary>What the jobs of a worker say, in order, until the gateway takes it. Bounded: subtasks wait while it is full, signs of life are left out.</summary>
/// <param name="capacity">Events that wait at most. At least 1.</param>
internal sealed class JobEvents(int capacity)
{
    private readonly Channel<WorkerEvent> _events = Channel.CreateBounded<WorkerEvent>(new BoundedChannelOptions(capacity) { SingleReader = true });

    public ChannelReader<WorkerEvent> Reader => _events.Reader;

    public ValueTask WriteAsync(WorkerEvent said, CancellationToken cancellationToken) => _events.Writer.WriteAsync(said, cancellationToken);

    /// <summary>Says what is worth nothing later on.</summary>
    /// <returns>False when there is no room.</returns>
    public bool TryWrite(WorkerEvent said) => _events.Writer.TryWrite(said);

    public void Complete() => _events.Writer.TryComplete();
}
