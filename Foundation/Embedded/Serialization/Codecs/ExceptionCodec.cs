using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// The part of an exception that every exception has; the whole of one whose type is not annotated. Copies share
/// exceptions: nobody changes them, and a copy would lose the stack.
/// </summary>
internal sealed class ExceptionCodec<T> : ObjectCodec<T>
    where T : Exception
{
    private const int MessageId = 0;
    private const int StackId = 1;
    private const int InnerId = 2;
    private const int HResultId = 3;
    private const int SourceId = 4;
    private const int DataId = 5;
    private const int InnersId = 6;

    private readonly bool _hasConstructor =
        !typeof(T).IsAbstract && typeof(T).GetConstructor(Type.EmptyTypes) is not null;

    public override bool IsReadOnly => true;

    internal override string WireName => typeof(T) == typeof(Exception) ? base.WireName : ExceptionTypes.Name(typeof(T));

    public override T Copy(T value, CopyContext context) => value;

    public override void CopyMembers(T source, T target, CopyContext context)
    {
    }

    public override void WriteMembers(CodecWriter writer, T value)
    {
        // A type that makes its message of its own members does so again where it arrives; any other keeps the text.
        var message = value.GetType() == typeof(T) ? value.Message : MessageOf(value) ?? value.Message;
        writer.WriteField(MessageId, message);
        writer.WriteField(StackId, value.StackTrace);
        writer.WriteField(InnerId, value is AggregateException ? null : value.InnerException);
        writer.WriteField(HResultId, value.HResult);
        writer.WriteField(SourceId, value.Source);
        ExceptionData.Write(writer, DataId, value);
        if (value is AggregateException aggregate)
        {
            writer.WriteField(InnersId, aggregate.InnerExceptions.ToArray());
        }
    }

    public override void ReadMembers(CodecReader reader, T value)
    {
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case MessageId:
                    MessageOf(value) = reader.ReadField<string?>(header);
                    break;
                case StackId:
                    SetStack(value, reader.ReadField<string?>(header));
                    break;
                case InnerId:
                    InnerOf(value) = reader.ReadField<Exception?>(header);
                    break;
                case HResultId:
                    value.HResult = reader.ReadField<int>(header);
                    break;
                case SourceId:
                    value.Source = reader.ReadField<string?>(header);
                    break;
                case DataId:
                    ExceptionData.Read(reader, header, value);
                    break;
                case InnersId when value is AggregateException aggregate:
                    SetInners(aggregate, reader.ReadField<Exception[]?>(header) ?? []);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Any constructor may run here.")]
    protected override T Create()
    {
        if (_hasConstructor)
        {
            try
            {
                return Activator.CreateInstance<T>();
            }
            catch (Exception)
            {
                // A constructor that needs its surroundings must not hide the failure that is being reported.
            }
        }

        return (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
    }

    private static void SetStack(T value, string? stack)
    {
        if (!string.IsNullOrEmpty(stack) && value.StackTrace is null)
        {
            ExceptionDispatchInfo.SetRemoteStackTrace(value, stack);
        }
    }

    private static void SetInners(AggregateException aggregate, Exception[] inners)
    {
        inners = Array.FindAll(inners, static inner => inner is not null);
        InnersOf(aggregate) = inners;
        InnerOf(aggregate) = inners.Length == 0 ? null : inners[0];
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    private static extern ref string? MessageOf(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_innerException")]
    private static extern ref Exception? InnerOf(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_innerExceptions")]
    private static extern ref Exception[] InnersOf(AggregateException exception);
}
