using System.Collections.Concurrent;
using OrleansFlow.Inputs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Goal: artifacts are cut into the same pieces in every attempt, and no piece is lost or doubled. Method: a gateway that feeds and heeds credit.</summary>
public sealed class RechunkAdapterTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rechunk_Of5And5And3By4_NeverCrossesAnArtifactAndNamesItsPiecesTheSameEachTime()
    {
        ConcurrentQueue<string> first = new(), second = new();
        foreach (var seen in (ConcurrentQueue<string>[])[first, second])
        {
            await using var worker = new WorkerHarness(AdapterScripts.Chunks(seen));
            await using var gateway = await FeedingGateway.AcceptAsync(worker);
            gateway.Add(worker, "a", [0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [], [10, 11, 12]);
            await gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts.rechunk:size", """{"size":4}"""));
        }

        Assert.Equal(["a/0/0.0:0,1,2,3", "a/0/0.1:4", "a/0/1.0:5,6,7,8", "a/0/1.1:9", "a/0/3.0:10,11,12"], first.Select(line => line.Split('|')[1]));

        // BLAKE2b-160 of {"idx":0,"parent":"a/0/0","src":"a"}, by Python's hashlib.
        Assert.Equal("61c01a25099de391350f8ffa46112005b87e3627", first.First().Split('|')[0]);
        Assert.Equal(first, second);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("""{"size":2,"meta_list_key":"items"}""", "1,2 3 {\"items\":7} {\"other\":[1]}")]
    [InlineData("""{"size":2}""", "{\"items\":[1,2,3]} {\"items\":[]} {\"items\":7} {\"other\":[1]}")]
    public async Task Rechunk_OfDocuments_CutsTheListThatWasNamedAndGuessesNone(string args, string expected)
    {
        ConcurrentQueue<string> seen = new();
        await using var worker = new WorkerHarness(AdapterScripts.Chunks(seen));
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.AddDocuments(worker, "a", """{"items":[1,2,3]}""", """{"items":[]}""", """{"items":7}""", """{"other":[1]}""");

        await gateway.RunAsync(FeedingGateway.OfferOf("pull.rechunk", args));

        Assert.Equal(expected, string.Join(' ', seen.Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..])));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rechunk_ThatFailedInTheMiddleOfAnArtifact_GoesOnWithTheNextPiece()
    {
        ConcurrentQueue<string> seen = new();
        var fails = true;
        await using var worker = new WorkerHarness(AdapterScripts.Counting(seen, input => fails && ((ArtifactChunk)input.Payload!) is { ParentUid: "a/0/1", Index: 2 }));
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11]);
        var offer = FeedingGateway.OfferOf("pull.rechunk", """{"size":2}""");

        var failed = await gateway.RunAsync(offer);
        fails = false;
        var completed = await gateway.RunAsync(gateway.Again(offer));

        Assert.Equal((Outcome.Types.Kind.Failed, Outcome.Types.Kind.Completed, 7), (failed.Kind, completed.Kind, completed.BatchCount));
        Assert.Equal(7, seen.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(7, seen.Count);
        Assert.Equal(["0+1", "0+2", "1", "1+1", "1+2", "2", "3"], gateway.Accepted.Select(report => report.InputPosition));
    }
}
