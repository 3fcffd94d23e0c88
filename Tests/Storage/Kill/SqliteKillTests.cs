using System.Diagnostics;
using System.Globalization;

namespace OrleansFlow.Tests.Storage.Kill;

/// <summary>
/// Goal: a crash at any instant keeps every acknowledged write and no half of any other. Method: a process writes, its acknowledgements are read
/// from a pipe, it is killed after a seeded number of them, the store is opened and compared; the next round goes on with the same store.
/// <c>FLOW_KILL_ROUNDS=200</c> runs the long form.
/// </summary>
public sealed class SqliteKillTests : IDisposable
{
    private const int RoundsByDefault = 10;
    private const int AcknowledgementsMax = 2_000;
    private readonly TemporaryFolder _folder = new();

    [Fact(Timeout = 1_200_000)]
    public async Task Kill9_AtRandomInstants_KeepsEveryAcknowledgedWriteAndNoHalfOfAnother()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("FLOW_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var asked) ? asked : RoundsByDefault;
        var random = new Random(20_260_101);
        var acknowledged = new Dictionary<(string Kind, int Writer), int>();
        for (var round = 0; round < rounds; round++)
        {
            await WriteUntilKilledAsync(random.Next(1, AcknowledgementsMax), acknowledged);
            await VerifyAsync(acknowledged, round);
        }

        Assert.True(acknowledged.Values.Sum() > rounds, $"only {acknowledged.Values.Sum()} writes were acknowledged");
    }

    public void Dispose() => _folder.Dispose();

    private async Task WriteUntilKilledAsync(int killAfter, Dictionary<(string Kind, int Writer), int> acknowledged)
    {
        using var writer = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { typeof(StoreWriter).Assembly.Location, StoreWriter.Mode, _folder.Database },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var count = 0;
        try
        {
            while (await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                // A line that the kill cut off says nothing.
                if (line.Split(' ') is [var kind, var number, var text] && int.TryParse(text, CultureInfo.InvariantCulture, out var value))
                {
                    var key = (kind, int.Parse(number, CultureInfo.InvariantCulture));
                    acknowledged[key] = Math.Max(acknowledged.GetValueOrDefault(key), value);
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

        Assert.True(count >= killAfter, await writer.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private async Task VerifyAsync(Dictionary<(string Kind, int Writer), int> acknowledged, int round)
    {
        await using var store = new StoreFixture(_folder.Database);
        for (var writer = 0; writer < StoreWriter.Writers; writer++)
        {
            Check("single", writer, StoreWriter.NumberOf((await store.ReadAsync(StoreWriter.Single(writer))).State.Text));
            var parts = new List<int>();
            foreach (var part in StoreWriter.Parts)
            {
                parts.Add(StoreWriter.NumberOf((await store.ReadAsync(StoreWriter.Several(writer), part)).State.Text));
            }

            Assert.True(parts.Distinct().Count() == 1, $"round {round}: batch of writer {writer} is there in part: {string.Join(", ", parts)}");
            Check("several", writer, parts[0]);
        }

        void Check(string kind, int writer, int stored)
        {
            // One more than acknowledged may be there: written, but killed before the answer.
            var known = acknowledged.GetValueOrDefault((kind, writer));
            Assert.True(stored == known || stored == known + 1, $"round {round}: {kind} {writer} was acknowledged at {known}, the store has {stored}");
            acknowledged[(kind, writer)] = stored;
        }
    }
}
