using System.Globalization;
using OrleansFlow.Samples.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Samples;

/// <summary>The patterns of docs/workflows.md do what the page says of them.</summary>
public sealed class PatternTests : Saga.IAgency, BestQuote.ISuppliers, Approval.IPost, Poller.IJobs, WordCount.IDocuments
{
    private readonly List<string> _calls = [];
    private readonly HashSet<string> _failing = [];
    private int _asks;
    private int _asksUntilDone = int.MaxValue;

    [Fact]
    public async Task Saga_WhoseStepsAllSucceed_CancelsNothing()
    {
        var run = new DurableRun<Saga.Trip, string, NoContext>(Saga.Define(this), new Saga.Trip("t"));

        await run.SettleAsync();

        Assert.Equal("t booked", run.Output);
        Assert.Equal(["book flight", "book hotel", "book car"], _calls);
    }

    [Theory]
    [InlineData("flight", "book flight,book flight,book flight,cancel flight")]
    [InlineData("hotel", "book flight,book hotel,book hotel,book hotel,cancel hotel,cancel flight")]
    [InlineData("car", "book flight,book hotel,book car,book car,book car,cancel car,cancel hotel,cancel flight")]
    public async Task Saga_WhoseStepFails_UndoesAllThatMayHaveHappenedInReverse(string failing, string calls)
    {
        _failing.Add($"book {failing}");
        var run = new DurableRun<Saga.Trip, string, NoContext>(Saga.Define(this), new Saga.Trip("t"));

        await run.PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal($"t refused: book {failing} failed", run.Output);
        Assert.Equal(calls, string.Join(',', _calls));
    }

    [Fact]
    public async Task Join_OfQuotes_TakesTheCheapestAndLeavesOutWhoFails()
    {
        _failing.Add("ask bert");
        var run = new DurableRun<BestQuote.Request, BestQuote.Quote, NoContext>(BestQuote.Define(this), new BestQuote.Request("chair", ["anna", "bert", "carla"]));

        await run.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(new BestQuote.Quote("anna", 4), run.Output);
    }

    [Fact]
    public async Task Join_WithoutAnyQuote_FailsAndSaysWhy()
    {
        _failing.UnionWith(["ask anna", "ask bert"]);
        var run = new DurableRun<BestQuote.Request, BestQuote.Quote, NoContext>(BestQuote.Define(this), new BestQuote.Request("chair", ["anna", "bert"]));

        await run.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal((WorkflowRunStatus.Failed, "No supplier gave a price."), (run.State.Status, run.State.Errors[^1].Message));
    }

    [Fact]
    public async Task Approval_OfASmallAmount_AsksNobody()
    {
        var run = new DurableRun<Approval.Expense, string, NoContext>(Approval.Define(this), new Approval.Expense("e", 100));

        await run.SettleAsync();

        Assert.Equal(("e paid, granted by rule", 0), (run.Output, _calls.Count));
    }

    [Theory]
    [InlineData(true, "e paid, granted by eve")]
    [InlineData(false, "e refused: eve said no")]
    public async Task Approval_ThatIsAnsweredLate_EndsAsTheAnswerSays(bool granted, string output)
    {
        var run = new DurableRun<Approval.Expense, string, NoContext>(Approval.Define(this), new Approval.Expense("e", 101));
        await run.PassAsync(Approval.Patience + TimeSpan.FromDays(1));
        Assert.Equal(["ask WaitingForSignal"], run.Waiting());

        await run.SignalAsync(Approval.Signal, new Approval.Decision(granted, "eve"));

        Assert.Equal(output, run.Output);
        Assert.Equal(["e waits for your decision"], _calls);
    }

    [Fact]
    public async Task Approval_ThatNobodyAnswers_EndsAfterTwoReminders()
    {
        var run = new DurableRun<Approval.Expense, string, NoContext>(Approval.Define(this), new Approval.Expense("e", 101));
        await run.PassAsync((3 * Approval.Patience) - TimeSpan.FromTicks(1));
        Assert.False(run.State.IsFinal);

        await run.PassAsync(TimeSpan.FromTicks(1));

        Assert.Equal(("e refused: nobody answered", 2), (run.Output, _calls.Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Poller_AsksUntilTheJobHasEnded(int asks)
    {
        _asksUntilDone = asks;
        var run = new DurableRun<string, string, NoContext>(Poller.Define(this), "job");

        await run.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal(("job: 42", asks), (run.Output, _asks));
        Assert.Equal(["submit job"], _calls);
    }

    [Fact]
    public async Task Poller_OfAJobThatNeverEnds_StopsAtItsBound()
    {
        var run = new DurableRun<string, string, NoContext>(Poller.Define(this), "job");

        await run.PassAsync(TimeSpan.FromDays(1));

        Assert.Equal(("job did not end", Poller.AsksMax), (run.Output, _asks));
    }

    [Fact]
    public async Task FanOut_OverDocuments_CountsEveryWordOnce()
    {
        IReadOnlyList<string> documents = [.. Enumerable.Range(0, 20).Select(document => $"d{document}")];
        var run = new DurableRun<IReadOnlyList<string>, WordCount.Summary, MergeMap<GrowCounter>>(WordCount.Define(this), documents);

        await run.SettleAsync();

        Assert.Equal((20, "the 40,and 20,rest 20"), (run.Output.Documents, string.Join(',', run.Output.Top)));
    }

    [Fact]
    public async Task Entity_TakesItsSignalsInTheirOrder_AndEndsWhenItSaysSo()
    {
        var run = new DurableRun<string, Cart.Receipt, MergeMap<UpDownCounter>>(Cart.Define(), "cart-1");
        await run.SettleAsync();
        foreach (var command in (Cart.Command[])[new("pen", 3), new("ink", 1), new("pen", -1), new("ink", -5)])
        {
            await run.SignalAsync(Cart.Signal, command);
            await run.PassAsync(Cart.KeptFor - TimeSpan.FromTicks(1));
        }

        Assert.Equal((2, 0), ((int)run.Context["pen"].Value, (int)run.Context["ink"].Value));
        await run.SignalAsync(Cart.Signal, new Cart.Command(Buys: true));

        Assert.Equal(("cart-1", "2 pen"), (run.Output.Cart, string.Join(',', run.Output.Items)));
    }

    [Fact]
    public async Task Entity_ThatNobodyTouches_EndsByItself()
    {
        var run = new DurableRun<string, Cart.Receipt, MergeMap<UpDownCounter>>(Cart.Define(), "cart-1");

        await run.PassAsync(Cart.KeptFor);

        Assert.Equal((WorkflowRunStatus.Completed, 0), (run.State.Status, run.Output.Items.Count));
    }

    [Fact]
    public async Task Subtitles_OfVideoAbc_LogEveryChunkInItsOwnOrder()
    {
        var run = new DurableRun<Subtitles.Video, string, EventLog<Subtitles.Done>>(Subtitles.Define(), new Subtitles.Video("video_abc", 4));

        await run.SettleAsync();

        Assert.Equal("4 subtitles after 8 events", run.Output);
        var chunk3 = run.Context.Events.Where(done => done.Input.StartsWith("chunk_3.", StringComparison.Ordinal));
        Assert.Equal(
            [new Subtitles.Done("ExtractAudio", "chunk_3.mp4", "chunk_3.aac"), new Subtitles.Done("GenerateSubtitles", "chunk_3.aac", "chunk_3.srt")], chunk3);
    }

    /// <summary>The same in local mode: definitions do not know where they run.</summary>
    [Fact]
    public async Task Patterns_WithoutSignals_RunInLocalModeToo()
    {
        var cancellationToken = TestContext.Current.CancellationToken;

        Assert.Equal("t booked", (await Saga.Define(this).RunAsync(default, new Saga.Trip("t"), cancellationToken: cancellationToken)).Output);
        Assert.Equal("anna", (await BestQuote.Define(this).RunAsync(default, new BestQuote.Request("chair", ["carla", "anna"]), cancellationToken: cancellationToken)).Output.Supplier);
        Assert.Equal("and 2", (await WordCount.Define(this).RunAsync(MergeMap<GrowCounter>.Empty, ["x", "y"], cancellationToken: cancellationToken)).Output.Top[1]);
        Assert.Equal(8, (await Subtitles.Define().RunAsync(EventLog<Subtitles.Done>.Empty, new Subtitles.Video("video_abc", 4), cancellationToken: cancellationToken)).Context.Count);
    }

    Task Saga.IAgency.BookAsync(string what, string trip, CancellationToken cancellationToken) => Call($"book {what}");

    Task Saga.IAgency.CancelAsync(string what, string trip, CancellationToken cancellationToken) => Call($"cancel {what}");

    async Task<decimal> BestQuote.ISuppliers.AskAsync(string supplier, string item, CancellationToken cancellationToken)
    {
        await Call($"ask {supplier}");
        return supplier.Length;
    }

    Task Approval.IPost.SendAsync(string text, CancellationToken cancellationToken) => Call(text);

    Task Poller.IJobs.SubmitAsync(string id, CancellationToken cancellationToken) => Call($"submit {id}");

    Task<string?> Poller.IJobs.ReadResultAsync(string id, CancellationToken cancellationToken) => Task.FromResult(++_asks >= _asksUntilDone ? 42.ToString(CultureInfo.InvariantCulture) : null);

    Task<string> WordCount.IDocuments.ReadAsync(string name, CancellationToken cancellationToken) => Task.FromResult($"the {name} and the rest");

    private Task Call(string call)
    {
        _calls.Add(call);
        return _failing.Contains(call) ? throw new InvalidOperationException($"{call} failed") : Task.CompletedTask;
    }
}
