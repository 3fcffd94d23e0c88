using System.Collections.Concurrent;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>Writes and reads values of one declared type that is known at run time only.</summary>
internal abstract class RemoteValue
{
    private static readonly ConcurrentDictionary<Type, RemoteValue> Known = new();

    public static RemoteValue Of(Type declaredType) => Known.GetOrAdd(
        declaredType, static type => (RemoteValue)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(type))!);

    public abstract void Write(CodecWriter writer, uint id, object? value);

    public abstract object? Read(CodecReader reader, in FieldHeader header);

    private sealed class Typed<T> : RemoteValue
    {
        public override void Write(CodecWriter writer, uint id, object? value) => writer.WriteField(id, (T)value!);

        public override object? Read(CodecReader reader, in FieldHeader header) => reader.ReadField<T>(header);
    }
}
