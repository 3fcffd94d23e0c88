using System.Collections.Concurrent;

namespace OrleansFlow.Tests.Embedded.Remote;

/// <summary>How the grains of a test tell it what they have reached.</summary>
internal static class RemoteSignals
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> Known = new(StringComparer.Ordinal);

    public static TaskCompletionSource Of(string name) =>
        Known.GetOrAdd(name, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public static Task ReachedAsync(string name) => Of(name).Task.WaitAsync(TestContext.Current.CancellationToken);
}
