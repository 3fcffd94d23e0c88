using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Compression and dictionaries on request, read by our own client.</summary>
public sealed class StreamFormTests(SiloFixture fixture)
{
    private const string EnumQuery = "select (case when range % 2 = 0 then 'even' else 'odd' end)::enum('even', 'odd') as parity from range(4)";

    [Theory]
    [InlineData(null, null, IpcCompression.None, false)]
    [InlineData("none", "keep", IpcCompression.None, false)]
    [InlineData("lz4", null, IpcCompression.Lz4Frame, false)]
    [InlineData("zstd", "decode", IpcCompression.Zstd, true)]
    public void Read_Headers_SayTheForm(string? compression, string? dictionaries, IpcCompression expected, bool decodes) =>
        Assert.Equal(new StreamForm(expected, decodes), StreamForm.Read(Headers(compression, dictionaries)));

    [Theory]
    [InlineData("LZ4", null, FlowHeaders.Compression)]
    [InlineData("", null, FlowHeaders.Compression)]
    [InlineData(null, "materialise", FlowHeaders.Dictionaries)]
    public void Read_OtherValues_AreRefusedByName(string? compression, string? dictionaries, string named)
    {
        var failure = Assert.Throws<FlowException>(() => StreamForm.Read(Headers(compression, dictionaries)));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains($"'{named}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_Compression_IsThatOfTheMessages()
    {
        var stream = new FlightStream(WordRows.Schema, WordRows.BatchesAsync(1, 10));

        Assert.Same(stream, default(StreamForm).Apply(stream));
        Assert.Equal(IpcCompression.Lz4Frame, new StreamForm(IpcCompression.Lz4Frame, false).Apply(stream).WriteOptions!.Compression);
    }

    [Theory]
    [InlineData(IpcCompression.None)]
    [InlineData(IpcCompression.Lz4Frame)]
    [InlineData(IpcCompression.Zstd)]
    public async Task DoGet_OfAnUploadWithADictionary_KeepsOrDecodesIt(IpcCompression compression)
    {
        var token = TestContext.Current.CancellationToken;
        var descriptor = FlightDescriptor.ForPath("uploads", $"form-{compression}");
        await foreach (var _ in fixture.Silo.Flight.DoPutAsync(descriptor, WordRows.Schema, WordRows.BatchesAsync(2, 100), new RpcCallOptions(CancellationToken: token)))
        {
            // One receipt.
        }

        foreach (var decodes in (bool[])[false, true])
        {
            var call = new RpcCallOptions(Metadata: new QueryOptions { Compression = compression, DecodesDictionaries = decodes }.Metadata(), CancellationToken: token);
            var info = await fixture.Silo.Flight.GetFlightInfoAsync(descriptor, call);
            Assert.Equal(decodes ? ArrowType.Utf8 : WordRows.Schema.Fields[0].Type, info.Schema!.Fields[0].Type);
            Assert.Equal(info.Schema, await fixture.Silo.Flight.GetSchemaAsync(descriptor, call));
            var rows = 0;
            await foreach (var batch in fixture.Silo.Flight.DoGet(info.Endpoints[0].Ticket, call))
            {
                using (batch)
                {
                    Assert.Equal(info.Schema, batch.Schema);
                    Assert.Equal("w7", batch.Columns[0].GetValue(7));
                    Assert.Equal(rows + 99, batch.Columns[1].GetValue(99));
                    rows += batch.RowCount;
                }
            }

            Assert.Equal(200, rows);
        }
    }

    [Theory]
    [InlineData(IpcCompression.None, false)]
    [InlineData(IpcCompression.Lz4Frame, false)]
    [InlineData(IpcCompression.Zstd, true)]
    public async Task QueryAsync_OfAnEnumColumn_ArrivesInTheFormAskedFor(IpcCompression compression, bool decodes)
    {
        var options = new QueryOptions { Compression = compression, DecodesDictionaries = decodes };
        await foreach (var batch in fixture.Silo.Client.QueryAsync(EnumQuery, options, TestContext.Current.CancellationToken))
        {
            using (batch)
            {
                Assert.Equal(decodes, batch.Schema.Fields[0].Type.Equals(ArrowType.Utf8));
                Assert.Equal(["even", "odd", "even", "odd"], Enumerable.Range(0, 4).Select(batch.Columns[0].GetValue));
            }
        }
    }

    private static RpcMetadata Headers(string? compression, string? dictionaries)
    {
        var headers = new RpcMetadata();
        if (compression is not null)
        {
            headers.Add(FlowHeaders.Compression, compression);
        }

        if (dictionaries is not null)
        {
            headers.Add(FlowHeaders.Dictionaries, dictionaries);
        }

        return headers;
    }
}
