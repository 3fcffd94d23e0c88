namespace OrleansFlow.Arrow.Ipc;

/// <summary>Numbers of the IPC format: field positions and enumerations of Schema.fbs, Message.fbs and File.fbs.</summary>
internal static class IpcFormat
{
    public const short VersionV4 = 3;
    public const short VersionV5 = 4;
    public const uint Continuation = 0xFFFF_FFFF;

    public const byte TypeNull = 1;
    public const byte TypeInt = 2;
    public const byte TypeFloatingPoint = 3;
    public const byte TypeBinary = 4;
    public const byte TypeUtf8 = 5;
    public const byte TypeBool = 6;
    public const byte TypeDecimal = 7;
    public const byte TypeDate = 8;
    public const byte TypeTime = 9;
    public const byte TypeTimestamp = 10;
    public const byte TypeInterval = 11;
    public const byte TypeList = 12;
    public const byte TypeStruct = 13;
    public const byte TypeUnion = 14;
    public const byte TypeFixedSizeBinary = 15;
    public const byte TypeFixedSizeList = 16;
    public const byte TypeMap = 17;
    public const byte TypeDuration = 18;
    public const byte TypeLargeBinary = 19;
    public const byte TypeLargeUtf8 = 20;
    public const byte TypeLargeList = 21;
    public const byte TypeRunEndEncoded = 22;
    public const byte TypeBinaryView = 23;
    public const byte TypeUtf8View = 24;
    public const byte TypeListView = 25;
    public const byte TypeLargeListView = 26;

    /// <summary>Starts and ends a file.</summary>
    public static ReadOnlySpan<byte> Magic => "ARROW1"u8;
}
