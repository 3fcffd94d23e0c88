using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>Reads an exception whose type is not known; what it has beyond every exception is skipped.</summary>
internal sealed class FallbackExceptionCodec(string typeName) : ObjectCodec<UnavailableExceptionFallbackException>
{
    private readonly ExceptionCodec<UnavailableExceptionFallbackException> _base = new();

    public override bool IsReadOnly => true;

    public override void CopyMembers(
        UnavailableExceptionFallbackException source, UnavailableExceptionFallbackException target, CopyContext context)
    {
    }

    public override void WriteMembers(CodecWriter writer, UnavailableExceptionFallbackException value) =>
        _base.WriteMembers(writer, value);

    public override void ReadMembers(CodecReader reader, UnavailableExceptionFallbackException value) =>
        _base.ReadMembers(reader, value);

    protected override UnavailableExceptionFallbackException Create() => new() { ExceptionType = typeName };
}
