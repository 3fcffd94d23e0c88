using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Joins.Lookups;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Joins;

/// <summary>Goal: rows leave in order with what was found, whatever order answers come in; keys are asked for once, again when they are old, and not for ever.</summary>
public sealed class LookupOperatorTests : IAsyncLifetime
{
    private const string Kind = "asked";

    private static readonly ArrowSchema Input = new([new ArrowField("k", ArrowType.Int64), EventTime.Field]);

    private readonly AskedSource _source = new();
    private readonly ManualTimeProvider _clock = new();
    private OperatorHarness? _harness;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _harness?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsWithAKey_GetTheRowOfIt_AndOthersNulls()
    {
        await StartAsync(new LookupLimits());
        _source.AnswersAtOnce = true;

        await _harness!.ProcessAsync(Rows(1, 2, null, 1, 3));
        await _harness.CheckpointAsync();

        Assert.Equal("1 10 true,2 null false,null null false,1 10 true,3 30 true", Shown());
        Assert.Equal("1,2,3", Assert.Single(_source.Asked));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswersThatComeOutOfOrder_LetRowsAndWatermarksOutInOrder()
    {
        await StartAsync(new LookupLimits());
        await _harness!.ProcessAsync(Rows(1));
        await _harness.Operator.OnWatermarkAsync(Watermark.At(5), _harness, Token);
        await _harness.ProcessAsync(Rows(3, 3));

        _source.Answer(1);
        await _harness.Operator.OnTickAsync(_harness, Token);
        Assert.Empty(_harness.Log);

        _source.Answer(0);
        await _harness.CheckpointAsync();

        Assert.Equal(["rows 1", Watermark.At(5).ToString(), "rows 2"], _harness.Log);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswersAreKept_AndAskedForAgainWhenTheyAreOld()
    {
        await StartAsync(new LookupLimits { CacheTtlMicros = 1_000_000 });
        _source.AnswersAtOnce = true;
        await _harness!.ProcessAsync(Rows(1, 2));
        await _harness.CheckpointAsync();
        await _harness.ProcessAsync(Rows(2, 1, 3));
        await _harness.CheckpointAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _harness.ProcessAsync(Rows(1));
        await _harness.CheckpointAsync();

        Assert.Equal(["1,2", "3", "1"], _source.Asked);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(-1)]
    [InlineData(150)]
    public async Task CacheWithoutRoom_AsksAgain(long bytes)
    {
        await StartAsync(new LookupLimits { CacheBytesMax = bytes });
        _source.AnswersAtOnce = true;
        foreach (var key in (long[])[1, 3, 5, 1])
        {
            await _harness!.ProcessAsync(Rows(key));
            await _harness.CheckpointAsync();
        }

        Assert.Equal(["1", "3", "5", "1"], _source.Asked);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task KeysAreAskedForInRequestsOfTheirMost_SoManyAtOnce()
    {
        await StartAsync(new LookupLimits { RequestKeysMax = 2, InFlightMax = 2 });
        await _harness!.ProcessAsync(Rows(1, 2, 3, 4, 5));
        Assert.Equal(["1,2", "3,4"], _source.Asked);

        _source.AnswersAtOnce = true;
        _source.Answer(0);
        _source.Answer(1);
        await _harness.CheckpointAsync();

        Assert.Equal(["1,2", "3,4", "5"], _source.Asked);
        Assert.Equal("1 10 true,2 null false,3 30 true,4 null false,5 50 true", Shown());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RequestThatFails_IsMadeAgain()
    {
        await StartAsync(new LookupLimits { FirstBackoffMicros = 1_000 });
        _source.AnswersAtOnce = true;
        _source.Failures.Enqueue(new FlowException(FlowErrorCode.StoreUnavailable, "The server restarts."));
        await _harness!.ProcessAsync(Rows(1));
        var barrier = _harness.CheckpointAsync();
        while (!barrier.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        await barrier;
        Assert.Equal(["1", "1"], _source.Asked);
        Assert.Equal("1 10 true", Shown());
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(FlowErrorCode.StoreUnavailable, "failed 1 times in a row, and gives up (lookup.retry.max_attempts = 1): No such luck.")]
    [InlineData(FlowErrorCode.BadOption, "No such luck.")]
    public async Task RequestThatFailsForGood_FailsTheJob(FlowErrorCode code, string words)
    {
        await StartAsync(new LookupLimits { AttemptsMax = 1 });
        _source.AnswersAtOnce = true;
        _source.Failures.Enqueue(new FlowException(code, "No such luck."));

        var failure = await Assert.ThrowsAsync<FlowException>(async () =>
        {
            await _harness!.ProcessAsync(Rows(1));
            await _harness.CheckpointAsync();
        });

        Assert.Equal(code, failure.Code);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswerThatDoesNotCome_EndsAfterItsTime()
    {
        await StartAsync(new LookupLimits { AttemptsMax = 1, TimeoutMicros = 3_000_000 });
        await _harness!.ProcessAsync(Rows(1));
        _clock.Advance(TimeSpan.FromSeconds(3));

        var failure = await Assert.ThrowsAsync<FlowException>(() => _harness.CheckpointAsync());

        Assert.Equal(FlowErrorCode.DeadlineExceeded, failure.Code);
        Assert.Contains("No answer within 00:00:03 (lookup.timeout).", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SeveralRowsOfOneKey_AreRefused()
    {
        await StartAsync(new LookupLimits());
        (_source.AnswersAtOnce, _source.AnswersTwice) = (true, true);

        var failure = await Assert.ThrowsAsync<FlowException>(async () =>
        {
            await _harness!.ProcessAsync(Rows(1));
            await _harness.CheckpointAsync();
        });

        Assert.Contains("found several rows of one key (id)", failure.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task StartAsync(LookupLimits limits)
    {
        var output = new ArrowSchema([Input.Fields[0], new ArrowField("x", ArrowType.Int64), new ArrowField("found", ArrowType.Boolean), EventTime.Field]);
        var config = new LookupConfig { KeyColumns = { 0 }, KeyNames = { "id" }, ColumnNames = { "x" }, Limits = limits };
        var registry = new OperatorRegistry().AddLookup(Kind, _ => _source);
        var one = (StreamOperator)registry.Create(new OperatorDefinition("one", Kind, Google.Protobuf.MessageExtensions.ToByteArray(config), [Input], output));
        _harness = await OperatorHarness.StartAsync(one, Input, clock: _clock);
    }

    private static RecordBatch Rows(params long?[] keys)
    {
        using var rows = new RecordBatchBuilder(Input);
        foreach (var key in keys)
        {
            rows.Column<PrimitiveBuilder<long>>(0).Append(key);
            rows.Column<TimestampBuilder>(1).Append(7);
        }

        return rows.Build();
    }

    private string Shown() => string.Join(',', _harness!.Batches.SelectMany(batch => Enumerable.Range(0, batch.RowCount).Select(
        row => string.Join(' ', Enumerable.Range(0, 3).Select(column => ArrowFormatter.FormatValue(batch.Column(column), row))))));

    /// <summary>Odd keys have ten times themselves. Answers at once, or when it is told to.</summary>
    private sealed class AskedSource : ILookupSource
    {
        private readonly List<(long[] Keys, TaskCompletionSource<LookupAnswer> Answer)> _open = [];

        public List<string> Asked { get; } = [];

        public Queue<FlowException> Failures { get; } = [];

        public bool AnswersAtOnce { get; set; }

        public bool AnswersTwice { get; set; }

        public ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public Task<LookupAnswer> LookupAsync(RecordBatch keys, CancellationToken cancellationToken)
        {
            var wanted = keys.Column<PrimitiveArray<long>>(0).Values.ToArray();
            Asked.Add(string.Join(',', wanted));
            if (Failures.TryDequeue(out var failure))
            {
                return Task.FromException<LookupAnswer>(failure);
            }

            var open = new TaskCompletionSource<LookupAnswer>();
            _open.Add((wanted, open));
            if (AnswersAtOnce)
            {
                Answer(_open.Count - 1);
            }

            return open.Task.WaitAsync(cancellationToken);
        }

        public void Answer(int place)
        {
            var (keys, answer) = _open[place];
            using var rows = new RecordBatchBuilder(new ArrowSchema([new ArrowField("x", ArrowType.Int64)]));
            var keyRows = new List<int>();
            for (var row = 0; row < keys.Length * (AnswersTwice ? 2 : 1); row++)
            {
                if (keys[row % keys.Length] % 2 != 0)
                {
                    rows.Column<PrimitiveBuilder<long>>(0).Append(keys[row % keys.Length] * 10);
                    keyRows.Add(row % keys.Length);
                }
            }

            answer.SetResult(new LookupAnswer(rows.Build(), keyRows));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
