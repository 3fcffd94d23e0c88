using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>The gateway's end of one worker's stream, whatever carries it. One reader, one sender at a time.</summary>
internal interface ISessionConnection
{
    /// <summary>Where the worker is, for logs.</summary>
    string Peer { get; }

    /// <summary>Fires when the silo stops: the worker is not at fault and will come back.</summary>
    CancellationToken SiloStopping { get; }

    /// <summary>What the worker sends; ends with its good-bye, throws when the stream breaks.</summary>
    IAsyncEnumerable<WorkerMessage> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>Sends a message; ends when the stream has taken it.</summary>
    ValueTask SendAsync(SiloMessage message, CancellationToken cancellationToken);
}
