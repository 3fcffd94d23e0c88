using System.Diagnostics;
using System.Globalization;

namespace OrleansFlow.Tests.Storage.Kill;

/// <summary>
/// Goal: a crash at any instant keeps every acknowledged write and no half of any other. Method: a process writes, its acknowledgements are read
/// from a pipe, it is killed after a seeded number of them, the store is opened and compared; the next round goes on with the same store.
/// <c>FLOW_KILL_ROUNDS=200</c> runs the long form.
/// </summary>
/// <param name="kind">Which store, see <see cref="KillableStore"/>.</param>
/// <param name="place">Path or connection string.</param>
internal sealed class KillRounds(string kind, string place)
{
    private const int AcknowledgementsMax = 2_000;
    private readonly Dictionary<(string Kind, int Writer), int> _acknowledged = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="roundsByDefault">Of the short form.</param>
    /// <param name="afterKill">What else happens to the store before it is opened again, by round; null: nothing.</param>
    public async Task RunAsync(int roundsByDefault, Func<int, Task>? afterKill = null)
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("FLOW_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var asked) ? asked : roundsByDefault;
        var random = new Random(20_260_101);
        for (var round = 0; round < rounds; round++)
        {
            await WriteUntilKilledAsync(random.Next(1, AcknowledgementsMax));
            if (afterKill is not null)
            {
                await afterKill(round);
            }

            await VerifyAsync(round);
        }

        Assert.True(_acknowledged.Values.Sum() > rounds, $"only {_acknowledged.Values.Sum()} writes were acknowledged");
    }

    private async Task WriteUntilKilledAsync(int killAfter)
    {
        using var writer = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { typeof(StoreWriter).Assembly.Location, StoreWriter.Mode, kind, place },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var count = 0;
        try
        {
            while (await writer.StandardOutput.ReadLineAsync(Cancellation) is { } line)
            {
                // A line that the kill cut off says nothing.
                if (line.Split(' ') is [var what, var number, var text] && int.TryParse(text, CultureInfo.InvariantCulture, out var value))
                {
                    var key = (what, int.Parse(number, CultureInfo.InvariantCulture));
                    _acknowledged[key] = Math.Max(_acknowledged.GetValueOrDefault(key), value);
                }

                if (++count == killAfter)
                {
                    writer.Kill();
                }
            }
        }
        finally
        {
            writer.Kill();
        }

        Assert.True(count >= killAfter, await writer.StandardError.ReadToEndAsync(Cancellation));
        await writer.WaitForExitAsync(Cancellation);
    }

    private async Task VerifyAsync(int round)
    {
        await using var store = await KillableStore.OpenAsync(kind, place, Cancellation);
        for (var writer = 0; writer < StoreWriter.Writers; writer++)
        {
            Check("single", writer, StoreWriter.NumberOf((await store.ReadAsync(StoreWriter.Single(writer), "note")).State.Text));
            var parts = new List<int>();
            foreach (var part in StoreWriter.Parts)
            {
                parts.Add(StoreWriter.NumberOf((await store.ReadAsync(StoreWriter.Several(writer), part)).State.Text));
            }

            Assert.True(parts.Distinct().Count() == 1, $"round {round}: batch of writer {writer} is there in part: {string.Join(", ", parts)}");
            Check("several", writer, parts[0]);
        }

        void Check(string what, int writer, int stored)
        {
            // One more than acknowledged may be there: written, but killed before the answer.
            var known = _acknowledged.GetValueOrDefault((what, writer));
            Assert.True(stored == known || stored == known + 1, $"round {round}: {what} {writer} was acknowledged at {known}, the store has {stored}");
            _acknowledged[(what, writer)] = stored;
        }
    }
}
