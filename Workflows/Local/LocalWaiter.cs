using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Local;

/// <summary>A node of a local run that waits for a signal.</summary>
/// <param name="node">Place of the node.</param>
/// <param name="signal">The signal's name.</param>
/// <param name="timer">Ends the wait without the signal.</param>
/// <param name="wake">Gets whether the signal came, and what it carried.</param>
internal sealed class LocalWaiter(int node, string signal, LocalTimer? timer, Action<bool, Payload> wake)
{
    public int Node => node;

    public string Signal => signal;

    public LocalTimer? Timer => timer;

    public void Wake(bool hasSignal, Payload payload)
    {
        timer?.Cancel();
        wake(hasSignal, payload);
    }
}
