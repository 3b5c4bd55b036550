package io.kvasir.config;

import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.Reader;
import java.io.Serial;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.events.NodeEvent;

/** YAML whose parsers tell the anchors of scalars too, not of lists and mappings only. */
final class AnchoredYaml extends YAMLFactory {
    @Serial
    private static final long serialVersionUID = 1;

    AnchoredYaml(LoaderOptions limits) {
        super(YAMLFactory.builder().loaderOptions(limits).enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL));
    }

    @Override
    protected YAMLParser _createParser(byte[] data, int offset, int length, IOContext context) throws IOException {
        return new Parser(
                context,
                _parserFeatures,
                _yamlParserFeatures,
                _loaderOptions,
                _objectCodec,
                _createReader(data, offset, length, null, context));
    }

    /** One that remembers what it is at. */
    static final class Parser extends YAMLParser {
        Parser(
                IOContext context,
                int parserFeatures,
                int formatFeatures,
                LoaderOptions limits,
                @Nullable ObjectCodec codec,
                Reader reader) {
            super(context, parserFeatures, formatFeatures, limits, codec, reader);
        }

        /** The anchor of the value that it is at; null for none. */
        @Nullable
        String anchor() {
            return _lastEvent instanceof NodeEvent node ? node.getAnchor() : null;
        }
    }
}
