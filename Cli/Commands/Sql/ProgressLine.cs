using OrleansFlow.Client.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Queries;

namespace OrleansFlow.Cli.Commands.Sql;

/// <summary>Says in one line of a terminal how far a query is, and takes the line away when it is disposed.</summary>
internal sealed class ProgressLine : IAsyncDisposable
{
    private const string Clear = "\r\u001b[K";

    // What is over before is not worth a line.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly TextWriter _terminal;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop;
    private readonly Task _showing;
    private bool _isDisposed;

    /// <param name="query">What is watched.</param>
    /// <param name="terminal">Where the line is; not where the rows go.</param>
    /// <param name="clock">Time.</param>
    /// <param name="cancellationToken">Ends it too.</param>
    public ProgressLine(FlowQuery query, TextWriter terminal, TimeProvider clock, CancellationToken cancellationToken)
    {
        _terminal = terminal;
        _clock = clock;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _showing = ShowAsync(query);
    }

    /// <summary>Takes the line away. Repeating it does nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stop.CancelAsync();
        await _showing;
        _stop.Dispose();
    }

    private async Task ShowAsync(FlowQuery query)
    {
        var isShown = false;
        try
        {
            await Task.Delay(Patience, _clock, _stop.Token);
            await foreach (var status in query.WatchAsync(_stop.Token))
            {
                // One that is not known runs in the gateway's own process, and has no parts to count.
                isShown |= status.State is QueryStatus.Waiting or QueryStatus.Running;
                if (isShown)
                {
                    await _terminal.WriteAsync(Clear + status);
                    await _terminal.FlushAsync(_stop.Token);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or FlowException)
        {
            // The reading of the rows says what is wrong, if anything is.
        }

        if (isShown)
        {
            await _terminal.WriteAsync(Clear);
            await _terminal.FlushAsync(CancellationToken.None);
        }
    }
}
