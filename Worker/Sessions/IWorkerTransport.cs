namespace OrleansFlow.Worker.Sessions;

/// <summary>A worker's way to the gateway, whatever lies between.</summary>
public interface IWorkerTransport
{
    /// <summary>Where it leads, for messages: an address, or <c>in-process</c>.</summary>
    string Address { get; }

    /// <summary>Opens a stream both ways. Called again after each loss.</summary>
    /// <exception cref="Errors.FlowException">The gateway cannot be reached or refuses.</exception>
    ValueTask<IWorkerConnection> ConnectAsync(CancellationToken cancellationToken);
}
