using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansFlow.Arrow.CData;

/// <summary>Fills <see cref="CArrowSchema"/> structures and takes them back.</summary>
internal static unsafe class SchemaExport
{
    public static void Export(ArrowField field, CArrowSchema* target)
    {
        *target = default;
        var node = new Node();
        target->PrivateData = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(node));
        target->Release = &Release;
        try
        {
            Fill(field, target, node);
        }
        catch
        {
            target->Release(target);
            throw;
        }
    }

    private static void Fill(ArrowField field, CArrowSchema* target, Node node)
    {
        target->Format = node.Text(CDataFormat.Write(field.Type));
        target->Name = node.Text(field.Name);
        target->Metadata = node.Metadata(field.Metadata);
        target->Flags = (field.IsNullable ? CDataFormat.FlagNullable : 0)
            | (field.Type is MapType { KeysSorted: true } ? CDataFormat.FlagMapKeysSorted : 0)
            | (field.Type is DictionaryType { IsOrdered: true } ? CDataFormat.FlagDictionaryOrdered : 0);
        var children = field.Type.Children;
        if (children.Count > 0)
        {
            target->Children = (CArrowSchema**)node.Allocate(children.Count * sizeof(CArrowSchema*));
            var structs = (CArrowSchema*)node.Allocate(children.Count * sizeof(CArrowSchema));
            for (var i = 0; i < children.Count; i++)
            {
                target->Children[i] = structs + i;
                Export(children[i], structs + i);
                target->ChildCount = i + 1;
            }
        }

        if (field.Type is DictionaryType dictionary)
        {
            var values = (CArrowSchema*)node.Allocate(sizeof(CArrowSchema));
            Export(new ArrowField("", dictionary.ValueType), values);
            target->Dictionary = values;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(CArrowSchema* schema)
    {
        if (schema is null || schema->Release is null)
        {
            return;
        }

        for (var i = 0L; i < schema->ChildCount; i++)
        {
            CArrowSchema.ReleaseIfHeld(schema->Children[i]);
        }

        CArrowSchema.ReleaseIfHeld(schema->Dictionary);
        var handle = GCHandle.FromIntPtr((nint)schema->PrivateData);
        ((Node)handle.Target!).Free();
        handle.Free();
        schema->Release = null;
    }

    private sealed class Node
    {
        private readonly List<nint> _blocks = [];

        public byte* Allocate(int byteCount)
        {
            var block = NativeMemory.AllocZeroed((nuint)byteCount);
            _blocks.Add((nint)block);
            return (byte*)block;
        }

        public byte* Text(string text)
        {
            var byteCount = Encoding.UTF8.GetByteCount(text);
            var block = Allocate(byteCount + 1);
            Encoding.UTF8.GetBytes(text, new Span<byte>(block, byteCount));
            return block;
        }

        public byte* Metadata(IReadOnlyList<KeyValuePair<string, string>> metadata)
        {
            if (metadata.Count == 0)
            {
                return null;
            }

            using var bytes = new MemoryStream();
            using var writer = new BinaryWriter(bytes);
            writer.Write(metadata.Count);
            foreach (var (key, value) in metadata)
            {
                foreach (var text in (ReadOnlySpan<string>)[key, value])
                {
                    var utf8 = Encoding.UTF8.GetBytes(text);
                    writer.Write(utf8.Length);
                    writer.Write(utf8);
                }
            }

            var block = Allocate((int)bytes.Length);
            bytes.GetBuffer().AsSpan(0, (int)bytes.Length).CopyTo(new Span<byte>(block, (int)bytes.Length));
            return block;
        }

        public void Free()
        {
            foreach (var block in _blocks)
            {
                NativeMemory.Free((void*)block);
            }

            _blocks.Clear();
        }
    }
}
