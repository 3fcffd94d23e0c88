using System.Threading.Channels;

namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>A request through a channel to a loop that answers a completion source: the least that an actor made by hand would cost.</summary>
internal static class ChannelRoundTrip
{
    /// <returns>Round trips per second, <paramref name="pairCount"/> callers with a loop each.</returns>
    public static async Task<double> PerSecondAsync(int pairCount, int callsEach, TimeProvider clock)
    {
        var channels = Enumerable.Range(0, pairCount)
            .Select(_ => Channel.CreateUnbounded<TaskCompletionSource<int>>(new UnboundedChannelOptions { SingleReader = true }))
            .ToArray();
        var loops = channels.Select(channel => AnswerAsync(channel.Reader)).ToArray();
        var began = clock.GetTimestamp();
        await Task.WhenAll(channels.Select(channel => CallAsync(channel.Writer, callsEach)));
        var elapsed = clock.GetElapsedTime(began);
        foreach (var channel in channels)
        {
            channel.Writer.Complete();
        }

        await Task.WhenAll(loops);
        return (double)pairCount * callsEach / elapsed.TotalSeconds;
    }

    private static async Task AnswerAsync(ChannelReader<TaskCompletionSource<int>> requests)
    {
        await foreach (var request in requests.ReadAllAsync())
        {
            request.SetResult(1);
        }
    }

    private static async Task CallAsync(ChannelWriter<TaskCompletionSource<int>> requests, int count)
    {
        await Task.Yield();
        for (var index = 0; index < count; index++)
        {
            var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            await requests.WriteAsync(answer);
            await answer.Task;
        }
    }
}
