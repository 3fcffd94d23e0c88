using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Serves the sessions that workers of this process open.</summary>
internal sealed partial class InProcessSessionHost(
    InProcessWorkerTransport transport, GatewaySessionService sessions, SiloServingClock serving, ILogger<InProcessSessionHost> logger) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _accepting = AcceptAsync();
        serving.MarkServing();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        transport.Close();
        await _stopping.CancelAsync();
        await _accepting.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task AcceptAsync()
    {
        // Off the host's start, which must not wait for the first worker.
        await Task.Yield();
        var serving = new List<Task>();
        await foreach (var session in transport.AcceptAllAsync(CancellationToken.None))
        {
            serving.RemoveAll(task => task.IsCompleted);
            serving.Add(ServeAsync(session));
        }

        await Task.WhenAll(serving);
    }

    /// <summary>Throws nothing: the worker hears how its session ended.</summary>
    private async Task ServeAsync(InProcessGatewaySession session)
    {
        FlowException? error = null;
        try
        {
            await sessions.ServeAsync(new InProcessSessionConnection(session, _stopping.Token), _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            error = new FlowException(FlowErrorCode.GatewayUnreachable, "The silo in this process is stopping.");
        }
        catch (Exception exception)
        {
            error = FlowFailures.Translate(exception);
            LogSessionFailed(error.Kind.Wire, exception.Message);
        }

        session.Complete(error);
    }

    [LoggerMessage(EventId = 6021, Level = LogLevel.Warning, Message = "A session of an in-process worker ended with {Code} ({Reason}); the worker opens another one")]
    private partial void LogSessionFailed(string code, string reason);
}
