using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>What every source of records promises besides: what becomes of those that cannot be read.</summary>
public abstract class RecordSourceConformance : SourceConformance
{
    /// <summary>Good rows beside the bad record.</summary>
    protected const int GoodRowCount = 4;

    /// <summary>Makes a few good rows with a bad record in their midst.</summary>
    protected abstract Task<ProgramOperator> PrepareBadAsync(bool drops);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BadRecord_EndsTheJob_AndTheMessageSaysWhereItIsAndWhatToDo()
    {
        var source = await PrepareBadAsync(drops: false);

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, null, RowCount));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.StartsWith($"Source '{source.Id}' cannot read the record at ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("With bad_data = 'drop' such records are left out.", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BadRecord_IsLeftOutAndReported_IfThatIsAskedFor()
    {
        var told = new List<string>();

        var rows = await ReadToTheEndAsync(await PrepareBadAsync(drops: true), null, GoodRowCount, told: told);

        Assert.Equal(GoodRowCount, rows.Count);
        Assert.Contains("left out 1 bad records", Assert.Single(told), StringComparison.Ordinal);
    }
}
