using System.Text.Json;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Attempts;

/// <summary>Goal: a named artifact is written once per task and name, whoever asks again. Method: scripted handler, scripted gateway.</summary>
public class ArtifactWriterTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Upsert_OfTheSameNameTwice_WritesOneBatchAndGivesTheSameReference()
    {
        var references = new List<ArtifactReference>();
        await using var worker = new WorkerHarness(Writing(references, "a", "a", "b"));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());

        foreach (var (uid, index) in ((string, int)[])[("a", 0), ("b", 1)])
        {
            var report = (await gateway.NextReportsAsync(1))[0];
            Assert.Equal((uid, index), (report.Uid, report.Index));
            await gateway.AcceptBatchAsync(report.Lease, index);
        }

        Assert.Equal(2, (await gateway.NextOutcomeAsync()).BatchCount);
        Assert.Equal([0, 0, 1], references.Select(one => one.Index));
        Assert.Equal(references[0], references[1]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Upsert_OfANameThatStands_WritesNothing_WhateverTheOrder()
    {
        var references = new List<ArtifactReference>();
        await using var worker = new WorkerHarness(Writing(references, "b", "c", "a"));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        var offer = WorkerHarness.OfferOf(epoch: 2, accepted: 2);
        offer.AcceptedUids.Add([new AcceptedUid { Index = 0, Uid = "a" }, new AcceptedUid { Index = 1, Uid = "b" }]);
        await gateway.OfferAsync(offer);

        var report = Assert.Single(await gateway.NextReportsAsync(1));
        Assert.Equal(("c", 2), (report.Uid, report.Index));
        await gateway.AcceptBatchAsync(report.Lease, 2);

        Assert.Equal(3, (await gateway.NextOutcomeAsync()).BatchCount);
        Assert.Equal([1, 2, 0], references.Select(one => one.Index));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Upsert_WhoseLeaseIsGone_StopsTheAttempt()
    {
        await using var worker = new WorkerHarness(Writing([], "a"));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gateway.NextReportsAsync(1);

        await gateway.AcceptBatchAsync(WorkerHarness.LeaseOf(), 0, "lease_lost");

        Assert.Equal(Outcome.Types.Kind.Stopped, (await gateway.NextOutcomeAsync()).Kind);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(0)]
    [InlineData(IArtifactWriter.NameCharsMax + 1)]
    public async Task Upsert_OfANameOfAWrongLength_IsBadInput(int length)
    {
        await using var worker = new WorkerHarness(Writing([], new string('n', length)));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());

        Assert.Equal("bad_input", (await gateway.NextOutcomeAsync()).Reason);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Result_ThatCarriesItsOwnArtifact_IsNotWrittenAgainAndTakesNoOutputBeside()
    {
        var script = new HandlerScript
        {
            Read = (_, _) => HandlerScript.Inputs(1),
            Process = async (context, input, token) =>
            {
                using var rows = HandlerScript.Numbers(1);
                var own = await context.Artifacts.UpsertPartialAsync(input.Uid, rows, token);
                return new BatchOutcome(context.Attempt == 1 ? null : HandlerScript.Numbers(2)) { Artifact = own };
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        foreach (var (epoch, kind) in ((long, Outcome.Types.Kind)[])[(1, Outcome.Types.Kind.Completed), (2, Outcome.Types.Kind.Failed)])
        {
            await gateway.OfferAsync(WorkerHarness.OfferOf(epoch: epoch));
            await gateway.NextReportsAsync(1);
            await gateway.AcceptBatchAsync(WorkerHarness.LeaseOf(epoch: epoch), 0);
            var outcome = await gateway.NextOutcomeAsync();
            Assert.Equal(kind, outcome.Kind);
            await gateway.AcceptOutcomeAsync(outcome.Lease);
        }
    }

    [Fact]
    public void JsonRows_GiveBackWhatTheyWereMadeOf()
    {
        using var batch = JsonRows.Of(JsonElement.Parse("""{"a":[1,"ä"]}"""), JsonElement.Parse("null"));
        using var plain = HandlerScript.Numbers(1);

        Assert.True(JsonRows.IsJson(batch));
        Assert.Equal(["""{"a":[1,"ä"]}""", "null"], JsonRows.Read(batch).Select(value => value.GetRawText()));
        Assert.False(JsonRows.IsJson(plain));
        Assert.Throws<ArgumentException>(() => JsonRows.Read(plain));
    }

    private static HandlerScript Writing(List<ArtifactReference> references, params string[] names) => new()
    {
        Load = async (context, token) =>
        {
            foreach (var name in names)
            {
                using var rows = HandlerScript.Numbers(1);
                references.Add(await context.Artifacts.UpsertPartialAsync(name, rows, token));
            }
        },
        Read = (_, _) => HandlerScript.Inputs(0),
    };
}
