using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Flight;

/// <summary>Turns batches into messages that point into the batches' own buffers. Not thread-safe.</summary>
internal sealed class FlightOutput(ArrowSchema schema, IpcWriteOptions? options = null) : IDisposable
{
    private readonly IpcEncoder _encoder = new(schema, options);

    /// <summary>The first message of a stream.</summary>
    public FlightData WriteSchema(Protos.FlightDescriptor? descriptor)
    {
        using var message = _encoder.EncodeSchema();
        return new FlightData { Descriptor = descriptor, Header = message.Metadata.ToArray() };
    }

    /// <summary>
    /// The messages of one element. Each is valid until the next is asked for; application metadata goes with the last.
    /// </summary>
    /// <exception cref="ArgumentException">The batch has another schema.</exception>
    public IEnumerable<FlightData> Write(FlightBatch element)
    {
        if (element.Batch is not { } batch)
        {
            yield return new FlightData { AppMetadata = element.AppMetadata };
            yield break;
        }

        var messages = _encoder.Encode(batch);
        try
        {
            for (var index = 0; index < messages.Count; index++)
            {
                yield return new FlightData
                {
                    Header = messages[index].Metadata,
                    BodyParts = messages[index].Body,
                    AppMetadata = index == messages.Count - 1 ? element.AppMetadata : default,
                };
            }
        }
        finally
        {
            foreach (var message in messages)
            {
                message.Dispose();
            }
        }
    }

    public void Dispose() => _encoder.Dispose();
}
