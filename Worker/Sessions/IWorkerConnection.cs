using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Sessions;

/// <summary>One stream both ways between a worker and the gateway. One sender and one receiver at a time. Disposing it before its end breaks it off.</summary>
public interface IWorkerConnection : IAsyncDisposable
{
    /// <summary>Sends a message; ends when the stream has taken it, so a gateway that does not read makes its worker wait.</summary>
    /// <exception cref="Errors.FlowException">The stream is lost, or the gateway ended it.</exception>
    ValueTask SendAsync(WorkerMessage message, CancellationToken cancellationToken);

    /// <summary>Says good-bye: no further message will be sent.</summary>
    ValueTask CompleteAsync();

    /// <summary>Everything the gateway sends, until it ends the stream. Enumerated once.</summary>
    /// <exception cref="Errors.FlowException">The stream is lost, or the gateway ended it with an error.</exception>
    IAsyncEnumerable<SiloMessage> ReadAllAsync(CancellationToken cancellationToken);
}
