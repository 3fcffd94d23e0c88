using Orleans.Embedded.Remote;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded;

/// <summary>A call whose answer is a sequence, without the type of its elements.</summary>
internal interface IRemoteEnumerable
{
    GrainMethod Method { get; }

    EmbeddedGrainReference Reference { get; }

    int GetArgumentCount();

    object? GetArgument(int index);

    void SetArgument(int index, object? value);

    /// <summary>In the callee's process: an enumeration of what was read.</summary>
    IRemoteSequence Begin(EmbeddedGrainReference reference, int maxBatchSize);
}

/// <summary>One enumeration, without the type of its elements. The reader and the grain each have an object of their own.</summary>
internal interface IRemoteSequence
{
    IRemoteEnumerable Call { get; }

    int MaxBatchSize { get; }

    /// <summary>Its number in the reader's process; 0 before the first request was sent.</summary>
    long RemoteId { get; set; }

    /// <summary>At the grain: whether no further request can be answered.</summary>
    bool IsOver { get; }

    GrainRequest Next();

    GrainRequest End();
}

/// <content>Calls from other processes.</content>
public abstract partial class GrainEnumerable<T> : IRemoteEnumerable
{
    EmbeddedGrainReference IRemoteEnumerable.Reference => Reference;

    IRemoteSequence IRemoteEnumerable.Begin(EmbeddedGrainReference reference, int maxBatchSize)
    {
        Bind(reference, CancellationToken.None);
        ((IGrainEnumerable)this).MaxBatchSize = maxBatchSize;
        return new EnumerationSession<T>(this);
    }
}

/// <content>Calls from other processes.</content>
internal sealed partial class EnumerationSession<T> : IRemoteSequence
{
    public IRemoteEnumerable Call => Enumerable;

    public int MaxBatchSize => Enumerable.MaxBatchSize;

    public long RemoteId { get; set; }

    public bool IsOver => _isEnded || _isAborted;

    public GrainRequest Next() => new EnumerationRequest<T>(this);

    public GrainRequest End() => new EndEnumerationRequest<T>(this);
}

/// <content>Elements as bytes.</content>
internal sealed partial class EnumerationRequest<T>
{
    internal override IRemoteSequence Sequence => session;

    internal override void WriteResult(CodecWriter writer, EnumerationBatch<T> result)
    {
        writer.WriteByte(result.IsLast ? (byte)1 : (byte)0);
        writer.WriteVarint((ulong)result.Items.Count);
        foreach (var item in result.Items)
        {
            writer.WriteField(0, item);
        }
    }

    internal override EnumerationBatch<T> ReadResult(CodecReader reader)
    {
        var isLast = reader.ReadVarint() != 0;
        var count = RecordText.ReadCount(reader, "elements");
        var items = new List<T>(count);
        for (var index = 0; index < count; index++)
        {
            items.Add(reader.ReadField<T>(reader.ReadHeader()));
        }

        return new EnumerationBatch<T>(items, isLast);
    }
}

/// <content>Calls from other processes.</content>
internal sealed partial class EndEnumerationRequest<T>
{
    internal override IRemoteSequence Sequence => session;

    internal override bool EndsSequence => true;
}
